package sandbox

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The fields of the reference pages and NOTES.md, copied from there.
const (
	alertFields = "id userId groupId protocolId programId measurementId instrumentId type flag status " +
		"processedAt processedBy escalatedAt escalatedBy createdAt updatedAt"
	recordFields  = "alertId action category additionalInfo actionSource createdAt updatedAt"
	patientFields = "id createdAt updatedAt activatedAt timezone language firstName middleName lastName dateOfBirth sex status " +
		"email phone accountName identifiers organization group program protocol"
	hcpFields = "UUID First_Name Middle_Name Last_Name Email User_Name Language Role Status Last_Login_At Last_Logout_At Groups Processed_Alerts"
)

func assertFields(t *testing.T, want string, o any) {
	t.Helper()
	require.IsType(t, object{}, o)
	assert.ElementsMatch(t, strings.Fields(want), keys(o.(object)))
}

var (
	uuidForm     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	timeForm     = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
	zonelessForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	dateForm     = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// assertForm asserts a text's form, or that it is null where it may be.
func assertForm(t *testing.T, form *regexp.Regexp, value any, nullable bool) {
	t.Helper()
	if value == nil && nullable {
		return
	}
	assert.Regexp(t, form, value)
}

func TestAlertsHaveTheDocumentedFields(t *testing.T) {
	c := start(t, few())
	a := c.get("/v1/alerts")
	assertFields(t, "meta data", any(a.body))
	assertFields(t, "nextCursor prevCursor", a.body["meta"])
	for _, alert := range c.all("/v1/alerts", nil) {
		assertFields(t, alertFields, any(alert))
		for _, field := range []string{"id", "userId", "groupId"} {
			assertForm(t, uuidForm, alert[field], false)
		}
		for _, field := range []string{"protocolId", "programId", "measurementId", "instrumentId", "processedBy", "escalatedBy"} {
			assertForm(t, uuidForm, alert[field], true)
		}
		for _, field := range []string{"createdAt", "updatedAt"} {
			assertForm(t, timeForm, alert[field], false)
		}
		for _, field := range []string{"processedAt", "escalatedAt"} {
			assertForm(t, timeForm, alert[field], true)
		}
		assert.Contains(t, []string{"mea", "rem", "ovd", "combination"}, alert["type"])
		assert.Contains(t, []string{"red", "orange", "gray"}, alert["flag"])
		assert.Contains(t, []string{"open", "processed", "escalated"}, alert["status"])
		if t.Failed() {
			return
		}
	}
	admin, _ := c.persona("HC_ADMIN")
	updated := admin.put(c.an("open", ""), `{"status":"processed"}`)
	assertFields(t, "data", any(updated.body))
	assertFields(t, alertFields, updated.body["data"])
}

func TestRecordsHaveTheDocumentedFields(t *testing.T) {
	c := start(t, few())
	id := c.an("processed", "")
	a := c.get("/v1/alerts/" + id + "/information")
	assertFields(t, "meta data", any(a.body))
	assertFields(t, "nextCursor prevCursor", a.body["meta"])
	for _, record := range a.rows(t) {
		assertFields(t, recordFields, any(record))
		assert.Equal(t, id, record["alertId"])
		assertForm(t, timeForm, record["createdAt"], false)
		assertForm(t, timeForm, record["updatedAt"], false)
	}
	assert.NotEmpty(t, a.rows(t))
}

func TestPatientsHaveTheDocumentedFields(t *testing.T) {
	c := start(t, few())
	dates, dateTimes, none := 0, 0, 0
	for _, p := range c.all("/v1/patients", nil) {
		assertFields(t, patientFields, any(p))
		assertForm(t, uuidForm, p["id"], false)
		assertForm(t, dateForm, p["dateOfBirth"], false)
		switch activated := p["activatedAt"].(type) {
		case nil:
			none++
		case string:
			if dateForm.MatchString(activated) {
				dates++
			} else {
				assertForm(t, timeForm, activated, false)
				dateTimes++
			}
		}
		assertFields(t, "id name parentId parentName", p["organization"])
		if p["group"] != nil {
			assertFields(t, "id name", p["group"])
		}
		if p["program"] != nil {
			assertFields(t, "id name startDate endDate", p["program"])
		}
		if p["protocol"] != nil {
			assertFields(t, "id name", p["protocol"])
		}
		for _, i := range p["identifiers"].([]any) {
			assertFields(t, "use type system value assigner", i)
			identifier := i.(object)
			assertFields(t, "display", identifier["assigner"])
			assertFields(t, "coding", identifier["type"])
			for _, coding := range identifier["type"].(object)["coding"].([]any) {
				assertFields(t, "system code", coding)
			}
		}
		if t.Failed() {
			return
		}
	}
	assert.NotZero(t, dates)
	assert.NotZero(t, dateTimes)
	assert.NotZero(t, none)
}

func TestOnePatientIsAsListed(t *testing.T) {
	c := start(t, few())
	listed := c.get("/v1/patients?perPage=1").rows(t)[0]
	one := c.get("/v1/patients/" + listed["id"].(string))
	assertFields(t, "data", any(one.body))
	assert.Equal(t, listed, one.data(t))
}

func TestPatientNumbersAreUniqueAndNobodys(t *testing.T) {
	c := start(t, usual())
	seen, withBSN := map[any]bool{}, 0
	for _, p := range c.all("/v1/patients", nil) {
		hospitals := 0
		for _, i := range p["identifiers"].([]any) {
			identifier := i.(object)
			assert.False(t, seen[identifier["value"]], "%v", identifier["value"])
			seen[identifier["value"]] = true
			if strings.HasSuffix(identifier["system"].(string), "/bsn") {
				withBSN++
				assert.Regexp(t, `^9999\d{5}$`, identifier["value"])
			} else {
				hospitals++
				assert.Regexp(t, `^P\d{6}$`, identifier["value"])
			}
		}
		assert.Equal(t, 1, hospitals)
		if p["email"] != nil {
			assert.Regexp(t, `^[a-z]\.[a-z]+\d+@patient\.example$`, p["email"])
		}
		if p["phone"] != nil {
			assert.Regexp(t, `^\+31 6 00\d{6}$`, p["phone"])
		}
	}
	assert.Greater(t, withBSN, 200)
	assert.Less(t, withBSN, 300)
}

func TestHCPsHaveTheDocumentedFields(t *testing.T) {
	c := start(t, few())
	a := c.call(http.MethodPost, "/v1/export/hcps", "")
	assertFields(t, "meta data", any(a.body))
	assertFields(t, "perPage nextCursor nextPageUrl prevCursor prevPageUrl", a.body["meta"])
	rows := append(a.rows(t), c.call(http.MethodPost, "/v1/export/hcps?cursor="+a.cursor(t, "nextCursor"), "").rows(t)...)

	byID, emails, processed := map[any]object{}, map[any]bool{}, 0.0
	for _, row := range rows {
		assertFields(t, hcpFields, any(row))
		assertForm(t, uuidForm, row["UUID"], false)
		assertForm(t, zonelessForm, row["Last_Login_At"], true)
		assert.Contains(t, []string{"hc_admin", "hc_view_all", "hc_primary", "hc_secondary"}, row["Role"])
		assert.False(t, emails[row["Email"]], "%v", row["Email"])
		emails[row["Email"]] = true
		byID[row["UUID"]] = row
		processed += row["Processed_Alerts"].(float64)
	}
	assert.Positive(t, processed)
	for _, p := range c.s.Personas() {
		row := byID[p.ID]
		require.NotNil(t, row, p.Name)
		assert.Equal(t, p.Email, row["Email"])
		assert.Equal(t, strings.ToLower(p.Role), row["Role"])
		assert.Equal(t, "active", row["Status"])
		if len(p.Groups) == 0 {
			assert.Nil(t, row["Groups"])
		} else {
			assert.Equal(t, strings.Join(p.Groups, ", "), row["Groups"])
		}
	}
}

func TestProcessedAlertsAreCounted(t *testing.T) {
	c := start(t, few())
	admin, who := c.persona("HC_ADMIN")
	count := func() any {
		query, rows := "", []object(nil)
		for {
			a := c.call(http.MethodPost, "/v1/export/hcps"+query, "")
			rows = append(rows, a.rows(t)...)
			next := a.cursor(t, "nextCursor")
			if next == "" {
				break
			}
			query = "?cursor=" + next
		}
		for _, row := range rows {
			if row["UUID"] == who.ID {
				return row["Processed_Alerts"]
			}
		}
		return nil
	}
	assert.EqualValues(t, 0, count())
	admin.put(c.an("open", ""), `{"status":"processed"}`)
	assert.EqualValues(t, 1, count())
}
