package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const goodSealKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func load(env map[string]string) (Config, error) {
	return Load(nil, func(name string) string { return env[name] })
}

func problemsOf(t *testing.T, err error) Problems {
	t.Helper()
	var problems Problems
	require.ErrorAs(t, err, &problems)
	return problems
}

func TestDefaultsWithKey(t *testing.T) {
	c, err := load(map[string]string{"LUSCII_API_KEY": "k"})
	require.NoError(t, err)

	assert.Equal(t, "k", c.APIKey.Reveal())
	assert.Equal(t, "https://api.luscii.com", c.BaseURL.String())
	assert.Equal(t, 5.0, c.MaxRPS)
	assert.Equal(t, 10*time.Second, c.WriteTimeout)
	assert.Equal(t, 35*time.Second, c.WriteGrace)
	assert.Equal(t, 15*time.Minute, c.RetryFor)
	assert.False(t, c.Sandbox)
	assert.Equal(t, "127.0.0.1:8080", c.Addr)
	assert.Equal(t, "http://127.0.0.1:8080", c.PublicURL.String())
	assert.Equal(t, "sqlite:dashboard.db", c.DatabaseURL)
	assert.Equal(t, "dashboard.db", c.DatabaseFile())
	assert.False(t, c.SecretKey.IsSet())
	assert.Equal(t, AuthKey, c.Auth)
	assert.Equal(t, 10*time.Second, c.PollInterval)
	assert.Equal(t, 30, c.WindowDays)
	assert.Equal(t, "Europe/Amsterdam", c.Timezone.String())
	assert.Equal(t, 12*time.Hour, c.Session)
	assert.Equal(t, 5, c.AuditYears)
	assert.Contains(t, c.Categories, Category{"request_visit", "Bezoek aanvragen", "Request a visit"})
	assert.Len(t, c.Categories, 6)
	assert.Empty(t, c.Ignored)
}

func TestDefaultsWithSandbox(t *testing.T) {
	c, err := load(nil)
	require.NoError(t, err)
	assert.True(t, c.Sandbox)
	assert.Equal(t, "sqlite:sandbox.db", c.DatabaseURL)
	assert.Equal(t, AuthSandbox, c.Auth)
}

// The sandbox starts by itself only where nothing hints at the real Luscii: a
// lost secret must never show simulated patients.
func TestWhenTheSandboxStartsByItself(t *testing.T) {
	for _, tc := range []struct {
		name string
		env  map[string]string
		want bool // sandbox; otherwise the missing key is the problem
	}{
		{"nothing set", nil, true},
		{"a plain http public URL", map[string]string{"DASHBOARD_PUBLIC_URL": "http://board.test"}, true},
		{"an SQLite database", map[string]string{"DASHBOARD_DATABASE_URL": "sqlite:x.db"}, true},
		{"persona sign-in", map[string]string{"DASHBOARD_AUTH": "sandbox"}, true},
		{"sandbox options", map[string]string{"DASHBOARD_SANDBOX_OPTIONS": "--seed 2"}, true},
		{"base URL", map[string]string{"LUSCII_BASE_URL": "https://luscii.test"}, false},
		{"base URL set to its default", map[string]string{"LUSCII_BASE_URL": "https://api.luscii.com"}, false},
		{"base URL to loopback", map[string]string{"LUSCII_BASE_URL": "http://127.0.0.1:9090"}, false},
		{"https public URL", map[string]string{"DASHBOARD_PUBLIC_URL": "https://board.test"}, false},
		{"https public URL in capitals", map[string]string{"DASHBOARD_PUBLIC_URL": "HTTPS://board.test"}, false},
		{"Postgres", map[string]string{"DASHBOARD_DATABASE_URL": "postgres://u:p@db/board"}, false},
		{"Postgres by its other name", map[string]string{"DASHBOARD_DATABASE_URL": "postgresql://db/board"}, false},
		{"key sign-in", map[string]string{"DASHBOARD_AUTH": "key"}, false},
		{"oidc sign-in", map[string]string{"DASHBOARD_AUTH": "oidc"}, false},
		{"an unreadable database setting", map[string]string{"DASHBOARD_DATABASE_URL_FILE": "/nowhere/at/all"}, false},
		{"sandbox refused", map[string]string{"DASHBOARD_SANDBOX": "false"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := load(tc.env)
			if tc.want {
				require.NoError(t, err)
				assert.True(t, c.Sandbox)
				return
			}
			assert.Contains(t, err.Error(), "LUSCII_API_KEY: missing")
		})
	}
}

// A key that was meant to be there is a problem of its own, never a sandbox.
func TestUnusableKeyNeverStartsTheSandbox(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for _, env := range []map[string]string{
		{"LUSCII_API_KEY": "  "},
		{"LUSCII_API_KEY_FILE": empty},
		{"LUSCII_API_KEY_FILE": empty + ".gone"},
		{"LUSCII_API_KEY_FILE": empty, "LUSCII_API_KEY": "k"},
	} {
		_, err := load(env)
		problems := problemsOf(t, err)
		require.Len(t, problems, 1)
		assert.Equal(t, "LUSCII_API_KEY", problems[0].Setting)
		assert.NotContains(t, problems[0].Text, "missing")
	}
}

func TestSandboxAsked(t *testing.T) {
	c, err := load(map[string]string{
		"DASHBOARD_SANDBOX": "true", "DASHBOARD_SANDBOX_OPTIONS": "--seed 2 --open 10",
		"DASHBOARD_AUTH": "key", "DASHBOARD_PUBLIC_URL": "https://board.test",
		"LUSCII_API_KEY": "k", "LUSCII_BASE_URL": "https://luscii.test",
	})
	require.NoError(t, err)
	assert.True(t, c.Sandbox)
	assert.Equal(t, AuthKey, c.Auth, "the sandbox's professionals have keys too")
	assert.Equal(t, "--seed 2 --open 10", c.SandboxOptions)
	assert.Equal(t, []string{"LUSCII_API_KEY", "LUSCII_BASE_URL"}, c.Ignored)

	c, err = load(map[string]string{"LUSCII_API_KEY": "k", "DASHBOARD_SANDBOX_OPTIONS": "--seed 2"})
	require.NoError(t, err)
	assert.False(t, c.Sandbox)
	assert.Equal(t, []string{"DASHBOARD_SANDBOX_OPTIONS"}, c.Ignored)
}

func TestAllProblemsAtOnceInTheTablesOrder(t *testing.T) {
	_, err := Load([]string{"--key", "hunter2"}, func(name string) string {
		return map[string]string{
			"LUSCII_API_KEY":         "k",
			"LUSCII_MAX_RPS":         "fast",
			"DASHBOARD_ADDR":         "nowhere",
			"DASHBOARD_DATABASE_URL": "postgres://u:hunter2@db/board",
			"DASHBOARD_SECRET_KEY":   "hunter2",
			"DASHBOARD_AUTH":         "oidc",
			"DASHBOARD_WINDOW_DAYS":  "0",
			"DASHBOARD_SESSION":      "-1h",
		}[name]
	})
	problems := problemsOf(t, err)
	var names []string
	for _, p := range problems {
		names = append(names, p.Setting)
	}
	assert.Equal(t, []string{"", "LUSCII_MAX_RPS", "DASHBOARD_ADDR", "DASHBOARD_DATABASE_URL", "DASHBOARD_SECRET_KEY",
		"DASHBOARD_AUTH", "DASHBOARD_WINDOW_DAYS", "DASHBOARD_SESSION"}, names)
	assert.Len(t, strings.Split(err.Error(), "\n"), len(problems), "one line each")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestOneProblem(t *testing.T) {
	for _, tc := range []struct{ setting, value, says string }{
		{"LUSCII_BASE_URL", "http://api.luscii.com", "must begin with https://"},
		{"LUSCII_BASE_URL", "http://localhost.evil.test", "must begin with https://"},
		{"LUSCII_BASE_URL", "https://api.luscii.com/v1/", "without /v1"},
		{"LUSCII_BASE_URL", "https://u:hunter2@api.luscii.com", "user name or password"},
		{"LUSCII_BASE_URL", "https://api.luscii.com?x=hunter2", "? or #"},
		{"LUSCII_BASE_URL", "api.luscii.com", "must be an address"},
		{"LUSCII_BASE_URL", "https://hunter2:no-port", "must be an address"},
		{"LUSCII_MAX_RPS", "0", "more than 0"},
		{"LUSCII_MAX_RPS", "NaN", "isn't a number"},
		{"LUSCII_WRITE_TIMEOUT", "10", "isn't a length of time"},
		{"LUSCII_WRITE_TIMEOUT", "-1s", "more than 0s"},
		{"DASHBOARD_SANDBOX", "maybe", "neither true nor false"},
		{"DASHBOARD_ADDR", "127.0.0.1:http", "isn't host:port"},
		{"DASHBOARD_ADDR", "127.0.0.1:65536", "isn't host:port"},
		{"DASHBOARD_PUBLIC_URL", "ftp://board.test", "must be an address"},
		{"DASHBOARD_PUBLIC_URL", "https://board.test/a/../b", "its path may hold only"},
		{"DASHBOARD_PUBLIC_URL", "https://board.test/a;b", "its path may hold only"},
		{"DASHBOARD_DATABASE_URL", "dashboard.db", "must be sqlite:PATH"},
		{"DASHBOARD_DATABASE_URL", "sqlite:", "must be sqlite:PATH"},
		{"DASHBOARD_DATABASE_URL", "sqlite://dashboard.db", "must be sqlite:PATH"},
		{"DASHBOARD_DATABASE_URL", "sqlite::memory:", "must be sqlite:PATH"},
		{"DASHBOARD_DATABASE_URL", "postgres://db/board", "isn't supported by this version yet"},
		{"DASHBOARD_SECRET_KEY", "aHVudGVyMg==", "key 1 isn't 32 bytes"},
		{"DASHBOARD_SECRET_KEY", goodSealKey + ",", "key 2 isn't 32 bytes"},
		{"DASHBOARD_AUTH", "oidc", "isn't supported by this version yet"},
		{"DASHBOARD_AUTH", "password", "isn't a way to sign in"},
		{"DASHBOARD_AUTH", "sandbox", "needs the embedded sandbox"},
		{"DASHBOARD_POLL_INTERVAL", "0s", "at least 100ms"},
		{"DASHBOARD_WINDOW_DAYS", "thirty", "isn't a whole number"},
		{"DASHBOARD_WINDOW_DAYS", "3651", "from 1 to 3650"},
		{"DASHBOARD_TIMEZONE", "Europe/Nowhere", "isn't the name of a time zone"},
		{"DASHBOARD_TIMEZONE", "Local", "isn't the name of a time zone"},
		{"DASHBOARD_CATEGORIES", "visit", "isn't a value=label pair"},
		{"DASHBOARD_CATEGORIES", "visit=Bezoek|", "isn't a value=label pair"},
		{"DASHBOARD_CATEGORIES", "visit=Bezoek,visit=Visit", "stands there twice"},
		{"DASHBOARD_CATEGORIES", strings.Repeat("v", 101) + "=Visit", "longer than 100"},
		{"DASHBOARD_SESSION", "0s", "more than 0s"},
		{"DASHBOARD_AUDIT_YEARS", "4", "from 5 to 100"},
		{"DASHBOARD_AUDIT_YEARS", "101", "from 5 to 100"},
	} {
		t.Run(tc.setting+" "+tc.value, func(t *testing.T) {
			_, err := load(map[string]string{"LUSCII_API_KEY": "k", tc.setting: tc.value})
			problems := problemsOf(t, err)
			require.Len(t, problems, 1, "and nothing that only follows from it: %v", err)
			assert.Equal(t, tc.setting, problems[0].Setting)
			assert.Contains(t, problems[0].Text, tc.says)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// What only follows from another problem isn't reported as one.
func TestUndecidedUpstreamIsOneProblem(t *testing.T) {
	for _, env := range []map[string]string{
		{"DASHBOARD_AUTH": "sandbox", "DASHBOARD_SANDBOX": "maybe"},
		{"DASHBOARD_AUTH": "sandbox", "LUSCII_BASE_URL": "https://luscii.test"},
	} {
		_, err := load(env)
		assert.Len(t, problemsOf(t, err), 1, "%v", err)
	}
}

func TestAccepted(t *testing.T) {
	c, err := load(map[string]string{
		"LUSCII_API_KEY": "k", "LUSCII_BASE_URL": "http://[::1]:9090/", "LUSCII_MAX_RPS": "0.5",
		"DASHBOARD_ADDR": ":9000", "DASHBOARD_DATABASE_URL": "sqlite:///var/lib/board.db",
		"DASHBOARD_SECRET_KEY": goodSealKey + "," + goodSealKey, "DASHBOARD_POLL_INTERVAL": "250ms",
		"DASHBOARD_CATEGORIES": " a = Een | One , b=Twee",
	})
	require.NoError(t, err)
	assert.Equal(t, "http://[::1]:9090", c.BaseURL.String())
	assert.Equal(t, 0.5, c.MaxRPS)
	assert.Equal(t, "http://localhost:9000", c.PublicURL.String())
	assert.Equal(t, "/var/lib/board.db", c.DatabaseFile())
	assert.Equal(t, Categories{{"a", "Een", "One"}, {"b", "Twee", "Twee"}}, c.Categories)

	c, err = load(map[string]string{"LUSCII_API_KEY": "k", "DASHBOARD_PUBLIC_URL": "https://Hospital.test/triage/"})
	require.NoError(t, err)
	assert.Equal(t, "https://hospital.test/triage", c.PublicURL.String())
	assert.Equal(t, "/triage", c.PublicURL.Path)

	c, err = load(map[string]string{"LUSCII_API_KEY": "k", "DASHBOARD_PUBLIC_URL": "https://hospital.test/"})
	require.NoError(t, err)
	assert.Empty(t, c.PublicURL.Path)
}

func TestFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("from-file\r\n"), 0o600))
	c, err := load(map[string]string{"LUSCII_API_KEY_FILE": file})
	require.NoError(t, err)
	assert.Equal(t, "from-file", c.APIKey.Reveal())
	assert.False(t, c.Sandbox)

	large := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(large, make([]byte, maxFileSize+1), 0o600))
	_, err = load(map[string]string{
		"LUSCII_API_KEY": "k", "DASHBOARD_SECRET_KEY_FILE": large,
		"DASHBOARD_SESSION_FILE": t.TempDir(), "DASHBOARD_AUTH_FILE": file, "DASHBOARD_AUTH": "key",
	})
	problems := problemsOf(t, err)
	require.Len(t, problems, 3)
	assert.Contains(t, problems[0].Text, "is larger than")
	assert.Contains(t, problems[1].Text, "given twice")
	assert.Contains(t, problems[2].Text, "can't be read")
}

func TestSecretNeverPrints(t *testing.T) {
	c, err := load(map[string]string{"LUSCII_API_KEY": "hunter2"})
	require.NoError(t, err)
	type wrapper struct{ inner Secret }
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%e", "%c", "%U"} {
		fmt.Fprintf(&printed, verb+verb+verb, c.APIKey, &c.APIKey, wrapper{c.APIKey})
		fmt.Fprintf(&printed, verb, c)
	}
	encoded, err := json.Marshal(c.APIKey)
	require.NoError(t, err)
	printed.Write(encoded)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "key", c.APIKey, "err", errors.New(c.APIKey.String()))
	assert.NotContains(t, printed.String(), "hunter2")
	assert.NotContains(t, printed.String(), fmt.Sprintf("%x", "hunter2"))
	assert.Equal(t, "hunter2", c.APIKey.Reveal())
}

func TestPrint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rps")
	require.NoError(t, os.WriteFile(file, []byte("7"), 0o600))
	c, err := load(map[string]string{"LUSCII_API_KEY": "hunter2", "LUSCII_MAX_RPS_FILE": file, "DASHBOARD_SESSION": "8h"})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, c.Print(&out))

	rows := map[string][]string{}
	var names []string
	for line := range strings.Lines(out.String()) {
		fields := strings.Fields(line)
		rows[fields[0]] = fields[1:]
		names = append(names, fields[0])
	}
	var table []string
	for _, s := range Settings() {
		table = append(table, s.Name)
	}
	assert.Equal(t, table, names)
	assert.Equal(t, []string{"set", "[hidden]"}, rows["LUSCII_API_KEY"])
	assert.Equal(t, []string{"from", "file", "7"}, rows["LUSCII_MAX_RPS"])
	assert.Equal(t, []string{"set", "8h"}, rows["DASHBOARD_SESSION"])
	assert.Equal(t, []string{"default", "http://127.0.0.1:8080"}, rows["DASHBOARD_PUBLIC_URL"])
	assert.Equal(t, []string{"default", "false"}, rows["DASHBOARD_SANDBOX"])
	assert.Equal(t, []string{"default", "none"}, rows["DASHBOARD_SANDBOX_OPTIONS"])
	assert.NotContains(t, out.String(), "hunter2")
}

func TestSettingsAreDescribed(t *testing.T) {
	secret := map[string]bool{"LUSCII_API_KEY": true, "DASHBOARD_SECRET_KEY": true}
	for _, s := range Settings() {
		assert.NotEmpty(t, s.About, s.Name)
		assert.NotContains(t, s.About, "\n", s.Name)
		assert.Equal(t, secret[s.Name], s.Secret, s.Name)
	}
}
