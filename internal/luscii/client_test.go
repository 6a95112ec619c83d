package luscii

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

func TestNewRefusesBaseURLs(t *testing.T) {
	for name, base := range map[string]string{
		"empty":              "",
		"relative":           "api.luscii.com",
		"no host":            "https:///v1",
		"port alone":         "https://:8443",
		"another scheme":     "ftp://api.luscii.com",
		"plain http":         "http://api.luscii.com",
		"http, not loopback": "http://10.0.0.1:9090",
		"http, lookalike":    "http://localhost.example.com",
		"query":              "https://api.luscii.com?x=1",
		"empty query":        "https://api.luscii.com?",
		"fragment":           "https://api.luscii.com#x",
		"user":               "https://someone:secret@api.luscii.com",
		"with the version":   "https://api.luscii.com/v1/",
		"unreadable":         "https://api.luscii.com:secret",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{BaseURL: base, Key: serviceKey})
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestNewAcceptsBaseURLs(t *testing.T) {
	for _, base := range []string{
		"https://api.luscii.com", "https://api.luscii.com/", "https://proxy.example/luscii/", "HTTPS://api.luscii.com:8443",
		"http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090",
	} {
		_, err := New(Options{BaseURL: base, Key: serviceKey})
		assert.NoError(t, err, base)
	}
}

func TestNewRefusesOtherOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no key":            func(o *Options) { o.Key = "" },
		"key with newline":  func(o *Options) { o.Key = "secret\n" },
		"negative rate":     func(o *Options) { o.MaxRPS = -1 },
		"no number":         func(o *Options) { o.MaxRPS = math.NaN() },
		"infinite rate":     func(o *Options) { o.MaxRPS = math.Inf(1) },
		"negative deadline": func(o *Options) { o.WriteTimeout = -time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{BaseURL: "https://api.luscii.com", Key: serviceKey}
			change(&o)
			_, err := New(o)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestNewFillsInDefaults(t *testing.T) {
	c, err := New(Options{BaseURL: "https://api.luscii.com", Key: serviceKey})
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, c.readTimeout)
	assert.Equal(t, 10*time.Second, c.writeTimeout)
	assert.Equal(t, "Europe/Amsterdam", c.zone.String())
	assert.InDelta(t, 5, float64(c.pace.limiter.Limit()), 0)
}

func TestPathPrefixAndEscaping(t *testing.T) {
	var path, query string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, query = r.URL.EscapedPath(), r.URL.RawQuery
		answerJSON(w, http.StatusOK, data(""))
	}, func(o *Options) { o.BaseURL += "/lus%2Fcii/" })

	_, err := collect(c.Records(t.Context(), `a/../b?c#d e%2F`))
	require.NoError(t, err)
	assert.Equal(t, "/lus%2Fcii/v1/alerts/a%2F..%2Fb%3Fc%23d%20e%252F/information", path)

	_, err = collect(c.Alerts(t.Context(), "2025-03-23", "2025-03-24"))
	require.NoError(t, err)
	assert.Equal(t, "/lus%2Fcii/v1/alerts", path)
	assert.Equal(t, "endDate=2025-03-24&perPage=200&startDate=2025-03-23", query)
}

// What can't be an id, a date, a status or a key isn't sent to find that out.
func TestRefusedBeforeSending(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for _, id := range []triage.AlertID{"", ".", ".."} {
		_, err := collect(c.Records(t.Context(), id))
		assert.Equal(t, []error{triage.ErrNotFound}, kinds(err))
		_, err = c.UpdateAlert(t.Context(), clinicianKey, id, triage.Change{Status: triage.StatusOpen})
		assert.Equal(t, []error{triage.ErrNotFound}, kinds(err))
	}
	// NOTES: "refuse end before start before sending".
	for _, days := range [][2]triage.Day{{"2025-03-25", "2025-03-24"}, {"", today}, {today, "tomorrow"}, {"2025-02-30", "2025-03-01"}} {
		_, err := collect(c.Alerts(t.Context(), days[0], days[1]))
		assert.Equal(t, []error{triage.ErrRejected}, kinds(err), days)
	}
	for _, status := range []triage.Status{"", "closed", "Open"} {
		_, err := c.UpdateAlert(t.Context(), clinicianKey, sampleAlert, triage.Change{Status: status})
		assert.Equal(t, []error{triage.ErrRejected}, kinds(err))
	}
	for _, key := range []triage.Key{"", "two words", "line\nbreak", "sleutél"} {
		_, err := c.UpdateAlert(t.Context(), key, sampleAlert, triage.Change{Status: triage.StatusOpen})
		assert.Equal(t, []error{triage.ErrKeyRefused}, kinds(err))
		_, err = c.CheckKey(t.Context(), key)
		assert.Equal(t, []error{triage.ErrKeyRefused}, kinds(err))
	}
}
