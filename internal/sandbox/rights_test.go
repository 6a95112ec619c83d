package sandbox

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The reference page's "Accessible by", operation by operation.
func TestRightsByRole(t *testing.T) {
	c := start(t, few())
	open := c.an("open", "COPD Noord")
	person := c.get("/v1/patients?perPage=1").rows(t)[0]["id"].(string)

	for _, op := range []struct {
		method, path, body string
		allowed            []string
	}{
		{http.MethodGet, "/v1/alerts", "", []string{"HC_ADMIN", "HC_VIEW_ALL"}},
		{http.MethodGet, "/v1/alerts/" + open + "/information", "", []string{"HC_ADMIN", "HC_VIEW_ALL"}},
		{http.MethodGet, "/v1/patients", "", []string{"HC_ADMIN", "HC_VIEW_ALL"}},
		{http.MethodGet, "/v1/patients/" + person, "", []string{"HC_ADMIN", "HC_VIEW_ALL"}},
		{http.MethodPost, "/v1/export/hcps", "", []string{"HC_ADMIN", "HC_VIEW_ALL"}},
		// Escalating it makes it HC_SECONDARY's too, whose turn comes last.
		{http.MethodPut, "/v1/alerts/" + open, `{"status":"escalated"}`, []string{"HC_ADMIN", "HC_PRIMARY", "HC_SECONDARY"}},
	} {
		for _, role := range []string{"HC_ADMIN", "HC_VIEW_ALL", "HC_PRIMARY", "HC_SECONDARY"} {
			t.Run(op.method+" "+op.path+" as "+role, func(t *testing.T) {
				var key string
				for _, p := range c.s.Personas() {
					if p.Role == role && (len(p.Groups) == 0 || p.Groups[0] == "COPD Noord") {
						key = p.Key
					}
				}
				require.NotEmpty(t, key)
				a := c.as(key).call(op.method, op.path, op.body)
				if slices.Contains(op.allowed, role) {
					assert.Equal(t, http.StatusOK, a.status, "%s", a.raw)
				} else {
					a.refused(t, http.StatusForbidden, "forbidden", "")
				}
			})
		}
	}
}

func TestUpdateIsLimitedToOwnGroups(t *testing.T) {
	c := start(t, few())
	const body = `{"status":"processed"}`

	primary, who := c.persona("HC_PRIMARY")
	require.Equal(t, []string{"COPD Noord"}, who.Groups)
	assert.Equal(t, http.StatusOK, primary.put(c.an("open", "COPD Noord"), body).status)
	assert.Equal(t, http.StatusOK, primary.put(c.an("escalated", "COPD Noord"), body).status)
	foreign := c.an("open", "Hartfalen")
	primary.put(foreign, body).refused(t, http.StatusForbidden, "forbidden", "")
	assert.Len(t, c.alerts(func(o object) bool { return o["id"] == foreign && o["status"] == "open" }), 1, "a refused change changes nothing")

	secondary, who := c.persona("HC_SECONDARY")
	require.Equal(t, []string{"Hartfalen", "Hypertensie"}, who.Groups)
	secondary.put(c.an("open", "COPD Zuid"), body).refused(t, http.StatusForbidden, "forbidden", "")
	secondary.put(c.an("escalated", "COPD Zuid"), body).refused(t, http.StatusForbidden, "forbidden", "")
	secondary.put(foreign, body).refused(t, http.StatusForbidden, "forbidden", "")
	escalated := c.an("escalated", "Hartfalen")
	assert.Equal(t, http.StatusOK, secondary.put(escalated, `{"status":"open"}`).status)
	assert.Equal(t, http.StatusOK, secondary.put(escalated, body).status, "once escalated stays theirs")

	admin, _ := c.persona("HC_ADMIN")
	assert.Equal(t, http.StatusOK, admin.put(foreign, body).status)
}

func TestKeys(t *testing.T) {
	c := start(t, few())
	for name, key := range map[string]string{"none": "", "unknown": "sbx-admin-0123456789abcdef", "part of one": c.key[:10]} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/v1/alerts", "/v1/patients", "/v1/nothing"} {
				a := c.as(key).get(path)
				a.refused(t, http.StatusUnauthorized, "unauthenticated", "")
				assert.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
			}
		})
	}
	t.Run("of an account that isn't active", func(t *testing.T) {
		seen := map[string]bool{}
		for _, h := range c.s.staff.all {
			if h.status != statusActive {
				seen[h.status] = true
				c.as(h.key).get("/v1/alerts").refused(t, http.StatusForbidden, "account_inactive", "")
				c.as(h.key).put(c.an("open", ""), `{"status":"processed"}`).refused(t, http.StatusForbidden, "account_inactive", "")
			}
		}
		assert.Equal(t, map[string]bool{statusInactive: true, statusCreated: true}, seen)
		c.as(c.s.InactiveKey()).get("/v1/alerts").refused(t, http.StatusForbidden, "account_inactive", "")
	})
	t.Run("scheme", func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/v1/alerts", nil)
		require.NoError(t, err)
		for scheme, want := range map[string]int{"bearer": http.StatusOK, "Basic": http.StatusUnauthorized} {
			request.Header.Set("Authorization", scheme+" "+c.key)
			response, err := c.http.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, want, response.StatusCode, scheme)
		}
	})
}

func TestPathsAndMethods(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	unknown := "5bb27383-6f87-429c-8559-48e3f111cecb"

	for path, allow := range map[string]string{
		"/v1/alerts":                             "GET",
		"/v1/alerts/" + unknown:                  "PUT",
		"/v1/alerts/" + unknown + "/information": "GET",
		"/v1/patients":                           "GET",
		"/v1/patients/" + unknown:                "GET",
		"/v1/export/hcps":                        "POST",
		"/sandbox/faults":                        "GET, POST",
	} {
		a := admin.call(http.MethodDelete, path, "")
		a.refused(t, http.StatusMethodNotAllowed, "method_not_allowed", "")
		assert.Equal(t, allow, a.header.Get("Allow"), path)
	}
	a := admin.get("/v1/export/hcps")
	a.refused(t, http.StatusMethodNotAllowed, "method_not_allowed", "")
	assert.Equal(t, "POST", a.header.Get("Allow"))

	for _, path := range []string{
		"/", "/v1/", "/v1/nothing", "/sandbox/", "/v1/patients/" + unknown, "/v1/patients/17",
		"/v1/alerts/" + unknown + "/information", "/v1/alerts/17/information",
	} {
		admin.get(path).refused(t, http.StatusNotFound, "not_found", "")
	}
	for _, id := range []string{unknown, "17", "00000000-0000-0000-0000-000000000000"} {
		admin.put(id, `{"status":"open"}`).refused(t, http.StatusNotFound, "not_found", "")
	}
	admin.call(http.MethodPost, "/v1/export/payslips", "").refused(t, http.StatusNotFound, "not_found", "")
}
