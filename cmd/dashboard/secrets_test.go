package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/config"
)

// marker is in every secret of these tests, so that it can be looked for.
const marker = "hunter2secret"

// marked is a value for each secret setting that it takes, with the marker in it.
var marked = map[string]string{
	"LUSCII_API_KEY":       "key-" + marker,
	"DASHBOARD_SECRET_KEY": base64.StdEncoding.EncodeToString([]byte(marker + "-of-just-32-bytes..")),
}

// Whatever command runs and however it fails, no secret of the settings is said,
// given as a value or as a file, right or wrong.
func TestSecretsAreNeverSaid(t *testing.T) {
	secrets := map[string]string{}
	for _, s := range config.Settings() {
		if s.Secret {
			require.Contains(t, marked, s.Name, "a new secret setting needs a marked value here")
			secrets[s.Name] = marked[s.Name]
		}
	}
	require.Len(t, secrets, len(marked))
	require.Len(t, marker+"-of-just-32-bytes..", 32)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	with := func(changes ...string) map[string]string {
		env := map[string]string{"LUSCII_BASE_URL": "http://127.0.0.1:1", "DASHBOARD_DATABASE_URL": "sqlite:" + filepath.Join(dir, "board.db"), "DASHBOARD_ADDR": "127.0.0.1:0"}
		for name, value := range secrets {
			env[name] = value
		}
		for i := 0; i < len(changes); i += 2 {
			if changes[i+1] == "" {
				delete(env, changes[i])
				continue
			}
			env[changes[i]] = changes[i+1]
		}
		return env
	}
	environments := map[string]map[string]string{
		"right":         with(),
		"wrong address": with("DASHBOARD_ADDR", "nowhere"),
		"not a file":    with("DASHBOARD_DATABASE_URL", "sqlite:"+filepath.Join(dir, "nowhere", "board.db")),
	}
	for name, value := range secrets {
		environments[name+" from a file"] = with(name, "", name+"_FILE", file(name, value+"\n"))
		environments[name+" twice"] = with(name+"_FILE", file(name+"-2", value))
		environments[name+" in place of a file's name"] = with(name, "", name+"_FILE", value)
		environments[name+" misspelt"] = with(name, value+" \x01"+marker)
		environments[name+" as a list"] = with(name, value+","+marker+",")
		for _, other := range config.Settings() { // pasted into the wrong one: of a secret's, and of what holds addresses
			if other.Secret || strings.HasSuffix(other.Name, "_URL") {
				environments[name+" in "+other.Name] = with(other.Name, value)
			}
		}
	}
	commands := [][]string{
		{"--help"}, {"config"}, {"config", secrets["LUSCII_API_KEY"]}, {"version"}, {"migrate"}, {"migrate", "--reseal"}, {"audit", "verify"}, {"healthcheck"},
		{"export", "hcps", "--out", "-", "--format", "csv"}, {"serve"},
	}
	for name, env := range environments {
		for _, args := range commands {
			ctx, cancel := context.WithCancel(t.Context())
			var said bytes.Buffer
			if args[0] == "serve" || args[0] == "export" {
				cancel() // it starts, and ends at once
			}
			err := run(ctx, args, func(name string) string { return env[name] }, &said, &said)
			cancel()
			text := said.String()
			if err != nil {
				text += err.Error()
			}
			for _, secret := range []string{marker, marked["DASHBOARD_SECRET_KEY"]} {
				assert.NotContains(t, text, secret, "%s: %v", name, args)
			}
		}
	}
}

// While it runs, too: Luscii refuses the key, again and again, and the log says so.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	settings := []string{"LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS=", quickPoll}
	for name, value := range marked {
		settings = append(settings, name+"="+value)
	}
	b := startBoardIn(t, dir, settings...)
	v := newVisitor(t, b.url)
	require.Eventually(t, func() bool { return strings.Contains(b.stderr.String(), "level=") }, waitWithin, 20*time.Millisecond)
	v.signInWithKey("b.jansen@hospital.test", "own-"+marker)
	require.NoError(t, b.stop())
	said := b.stdout.String() + b.stderr.String()
	assert.NotContains(t, said, marker)
	assert.NotContains(t, said, marked["DASHBOARD_SECRET_KEY"])
}
