package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "modernc.org/sqlite" // to tamper with a database behind the program's back
)

// R19, R20, R21, R25: a shift on the real program leaves a trail that verifies,
// on stdout and in the database, in which nobody is named; and what somebody
// takes from it afterwards is missed.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	settings := []string{"LUSCII_API_KEY=" + luscii.serviceKey, "LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS="}
	b := startBoardIn(t, dir, settings...)
	v := newVisitor(t, b.url)
	who := luscii.personas[admin]
	require.Equal(t, http.StatusUnprocessableEntity, v.signInWithKey("stranger@nowhere.example", "a-stranger's-key").status)
	require.Equal(t, http.StatusSeeOther, v.signInWithKey(who.Email, who.Key).status)
	v.until("/", complete)
	target := luscii.open("")[0]
	patient := luscii.patient(target.Patient)
	detail := v.get(alertPath(target.ID))
	require.Equal(t, http.StatusOK, detail.status)
	form := url.Values{"status": {"processed"}, "note": {"Mevrouw gebeld, geen klachten."}, "category": {"called_patient"}}
	form.Set("seen", detail.Find("input[name=seen]").AttrOr("value", ""))
	require.Equal(t, http.StatusSeeOther, v.post(alertPath(target.ID), form).status)
	require.Eventually(t, func() bool { return slices.Contains(auditLines(t, b.stdout.String()), "alert_changed done") }, waitWithin, 20*time.Millisecond)
	require.Equal(t, http.StatusNotFound, v.get("/alerts/"+url.PathEscape(patient.LastName)).status)
	require.Equal(t, http.StatusOK, v.get("/audit?patient="+url.QueryEscape(patient.LastName)).status)
	require.Equal(t, http.StatusSeeOther, v.post("/signout", url.Values{}).status)
	require.NoError(t, b.stop())

	shipped := auditLines(t, b.stdout.String())
	assert.Equal(t, []string{
		"sign_in denied", "sign_in done", "alert_shown done", "alert_changed begun", "alert_changed done", "alert_shown denied", "audit_shown done", "sign_out done",
	}, shipped)

	whole := b.stdout.String() + b.stderr.String()
	for _, name := range []string{"dashboard.db", "dashboard.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			whole += string(raw)
		}
	}
	assert.Contains(t, whole, target.ID)
	for _, personal := range []string{
		patient.LastName, patient.BirthDate, patient.number(), "Mevrouw gebeld", who.Email, who.Key, "stranger", luscii.serviceKey,
	} {
		require.NotEmpty(t, personal)
		assert.NotContains(t, whole, personal)
	}

	heads := regexp.MustCompile(`audit chain" head=(\S+)`).FindAllStringSubmatch(b.stderr.String(), -1)
	require.NotEmpty(t, heads)
	head := heads[len(heads)-1][1]
	says, err := auditTool(t, dir, settings, "verify", "--head", head)
	require.NoError(t, err, says)
	assert.Contains(t, says, "all as they were written; head "+head)

	says, err = auditTool(t, dir, settings, "export", "--patient", patient.ID)
	require.NoError(t, err)
	assert.Contains(t, says, `"action":"alert_changed","outcome":"done"`)
	assert.Contains(t, says, `"action":"list_shown"`, "in a list, too")
	says, err = auditTool(t, dir, settings, "export", "--user", luscii.hcp(admin).ID, "--format", "csv")
	require.NoError(t, err)
	assert.Contains(t, says, ",sign_out,done,")

	// Somebody who knows SQL takes the end away, and the head with it.
	tamper(t, dir, `DELETE FROM audit WHERE seq > 3`, `UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)`)
	_, err = auditTool(t, dir, settings, "verify")
	require.NoError(t, err, "the database alone can't tell")
	says, err = auditTool(t, dir, settings, "verify", "--head", head)
	require.Error(t, err)
	assert.Regexp(t, `(?m)^records 4 to \d+: cut off$`, says)

	tamper(t, dir, `UPDATE audit SET body = replace(body, 'denied', 'done') WHERE seq = 1`)
	says, err = auditTool(t, dir, settings, "verify")
	require.Error(t, err)
	assert.Contains(t, says, "record 1: altered\n")
}

// auditLines are the records among the lines of stdout, in short, but for lists:
// their moment is the page's.
func auditLines(t *testing.T, stdout string) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(stdout) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var shipped struct {
			Audit struct {
				Record struct{ Action, Outcome string }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(line), &shipped), line)
		if r := shipped.Audit.Record; r.Action != "list_shown" {
			out = append(out, r.Action+" "+r.Outcome)
		}
	}
	return out
}

// auditTool runs `dashboard audit …` on a board's database, and answers what it
// writes to stdout.
func auditTool(t *testing.T, dir string, settings []string, args ...string) (string, error) {
	t.Helper()
	env := map[string]string{"DASHBOARD_DATABASE_URL": "sqlite:" + filepath.Join(dir, "dashboard.db")}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		env[name] = value
	}
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), append([]string{"audit"}, args...), func(name string) string { return env[name] }, &stdout, &stderr)
	return stdout.String(), err
}

// tamper changes a database as nothing in the program can.
func tamper(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "dashboard.db"))
	require.NoError(t, err)
	for _, trigger := range []string{"audit_kept", "audit_unchanged", "audit_head_onward"} {
		_, err := db.Exec(`DROP TRIGGER IF EXISTS ` + trigger)
		require.NoError(t, err)
	}
	for _, statement := range statements {
		_, err := db.Exec(statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}
