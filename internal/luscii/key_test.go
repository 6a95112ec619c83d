package luscii

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// CheckKey: the only thing the API tells about a key ("No 'who am I' endpoint").
func TestCheckKey(t *testing.T) {
	for name, tc := range map[string]struct {
		status   int
		body     string
		listsAll bool
		kinds    []error
	}{
		"lists":                     {200, `{"data":[]}`, true, nil},
		"accepted, may not list":    {403, `{"errors":[{"code":"forbidden"}]}`, false, nil},
		"403 without a body":        {403, ``, false, []error{triage.ErrMalformed}},
		"403 of a firewall":         {403, `Request blocked`, false, []error{triage.ErrMalformed}},
		"unknown":                   {401, ``, false, []error{triage.ErrKeyRefused}},
		"inactive":                  {403, fixture(t, "errors-account-inactive.json"), false, []error{triage.ErrKeyRefused}},
		"inactive, said beside 200": {200, `{"data":[],"errors":[{"code":"account_inactive"}]}`, false, []error{triage.ErrKeyRefused}},
		"something else beside 200": {200, `{"data":[],"errors":[{"code":"x"}]}`, false, []error{triage.ErrPartial}},
		"no envelope":               {200, `"welcome"`, false, []error{triage.ErrMalformed}},
		"not found":                 {404, ``, false, []error{triage.ErrNotFound}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "GET /v1/alerts?perPage=1", r.Method+" "+r.URL.String())
				assert.Equal(t, "Bearer "+clinicianKey.Reveal(), r.Header.Get("Authorization"))
				answerJSON(w, tc.status, tc.body)
			})
			listsAll, err := c.CheckKey(t.Context(), clinicianKey)
			assert.Equal(t, tc.listsAll, listsAll)
			assert.Equal(t, tc.kinds, kinds(err))
			assert.Equal(t, tc.kinds == nil, err == nil)
		})
	}
	// NOTES: "HTML error pages from a proxy" prove nothing about a key.
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>Blocked")
		})
		listsAll, err := c.CheckKey(t.Context(), clinicianKey)
		assert.False(t, listsAll)
		require.ErrorIs(t, err, triage.ErrMalformed)
	}
}
