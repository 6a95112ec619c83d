package main

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sealingKey(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// A sealing key is replaced while the board runs: nobody is signed out, no draft is
// lost, and the new key alone is enough for all but the audit trail, whose old records
// are still checked by the old one.
func TestSealingKeyIsReplaced(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	upstream := []string{"LUSCII_API_KEY=" + luscii.serviceKey, "LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS="}
	under := func(keys string) []string {
		return append([]string{"DASHBOARD_SECRET_KEY=" + keys, "DASHBOARD_EXPORT_CONTEXT=off"}, upstream...) // measurements come when they come
	}
	first, second, lost := sealingKey(1), sealingKey(2), sealingKey(3)
	migrate := func(keys string) (string, error) {
		env := map[string]string{"DASHBOARD_DATABASE_URL": "sqlite:" + filepath.Join(dir, "dashboard.db")}
		for _, s := range under(keys) {
			name, value, _ := strings.Cut(s, "=")
			env[name] = value
		}
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), []string{"migrate", "--reseal"}, func(name string) string { return env[name] }, &stdout, &stderr)
		return stdout.String() + stderr.String(), err
	}
	_, err := migrate(first)
	require.ErrorContains(t, err, "there is no database")

	old := startBoardIn(t, dir, under(first)...)
	v := newVisitor(t, old.url)
	require.Equal(t, http.StatusSeeOther, v.signInWithKey(luscii.personas[admin].Email, luscii.personas[admin].Key).status)
	v.until("/", complete)
	draft := alertPath(luscii.open("")[0].ID)
	require.Equal(t, http.StatusSeeOther, v.post(draft+"/draft", url.Values{"note": {"Mevrouw belt morgen terug."}}).status)
	require.NoError(t, old.stop())

	_, err = migrate(second + "," + lost)
	require.ErrorContains(t, err, "no key given opens 1 sessions, 1 linked keys, 1 drafts: nothing of these was changed")
	assert.NotContains(t, err.Error(), "Mevrouw")

	both := startBoardIn(t, dir, under(second+","+first)...)
	v.base = both.url
	v.until("/", complete)
	says, err := migrate(second + "," + first)
	require.NoError(t, err, "beside the running board")
	assert.Regexp(t, `^[1-9]\d* records are sealed anew`, says)
	says, err = migrate(second + "," + first)
	require.NoError(t, err)
	assert.Regexp(t, `^0 records`, says, "it goes on with what is left, which is nothing")
	assert.Contains(t, v.get(draft).body, "Mevrouw belt morgen terug.")
	require.NoError(t, both.stop())

	alone := startBoardIn(t, dir, under(second)...)
	v.base = alone.url
	v.until("/", complete)
	assert.Contains(t, v.get(draft).body, "Mevrouw belt morgen terug.")
	require.NoError(t, alone.stop())

	says, err = auditTool(t, dir, under(second+","+first), "verify")
	require.NoError(t, err, says)
	assert.Contains(t, says, "all as they were written")
	says, err = auditTool(t, dir, under(second), "verify")
	require.Error(t, err)
	assert.Contains(t, says, "unknown key")
	says, err = auditTool(t, dir, under(second+","+first), "export", "--user", "operator")
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(says, `"action":"keys_replaced","outcome":"done"`))
	assert.Equal(t, 3, strings.Count(says, `"action":"keys_replaced","outcome":"begun"`))
}
