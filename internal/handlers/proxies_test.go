package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func behind(prefixes ...string) func(*house) {
	return func(h *house) {
		h.options.TrustedProxy = func(addr netip.Addr) bool {
			for _, p := range prefixes {
				if netip.MustParsePrefix(p).Contains(addr) {
					return true
				}
			}
			return false
		}
	}
}

// seenAs is what the program takes a request for that came from the peer: its
// answers tell by what they refuse and where they lead.
func (h *house) seenAs(method, peer string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, "http://board.internal/signin?x=1", strings.NewReader(url.Values{"persona": {"h-admin"}}.Encode()))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, r)
	return w
}

// The host that a trusted proxy passes on is the one requests from other sites are
// told by, where the browser names only the origin; anybody else's word isn't taken.
func TestForwardedHost(t *testing.T) {
	h := newHouse(t, behind("10.0.0.0/8", "::ffff:10.0.0.0/104"))
	for name, c := range map[string]struct {
		peer, host string
		want       int
	}{
		"a proxy's":          {"10.0.0.1:5", "board.test", http.StatusSeeOther},
		"a mapped proxy's":   {"[::ffff:10.0.0.1]:5", "board.test", http.StatusSeeOther},
		"the nearest counts": {"10.0.0.1:5", "evil.test, board.test", http.StatusSeeOther},
		"made up before it":  {"10.0.0.1:5", "board.test, evil.test", http.StatusForbidden},
		"anybody's":          {"192.0.2.1:5", "board.test", http.StatusForbidden},
		"no host":            {"10.0.0.1:5", "board.test/x", http.StatusForbidden},
		"none":               {"10.0.0.1:5", "", http.StatusForbidden},
	} {
		headers := []string{"Origin", "http://board.test"}
		if c.host != "" {
			headers = append(headers, "X-Forwarded-Host", c.host)
		}
		assert.Equal(t, c.want, h.seenAs(http.MethodPost, c.peer, headers...).Code, name)
	}
}

// R24: what a trusted proxy was asked without TLS isn't answered where the address
// has it.
func TestForwardedScheme(t *testing.T) {
	h := newHouse(t, at("https://board.test/ward"), behind("10.0.0.0/8"))
	ask := func(method, path, peer, scheme string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://board.test"+path, nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-Proto", scheme)
		w := httptest.NewRecorder()
		h.server.Handler().ServeHTTP(w, r)
		return w
	}
	sent := ask(http.MethodGet, "/ward/alerts/a%2F1?flag=red", "10.0.0.1:5", "http")
	require.Equal(t, http.StatusPermanentRedirect, sent.Code)
	assert.Equal(t, "https://board.test/ward/alerts/a%2F1?flag=red", sent.Header().Get("Location"))
	assert.Equal(t, http.StatusPermanentRedirect, ask(http.MethodGet, "/ward/events", "10.0.0.1:5", "http").Code)
	refused := ask(http.MethodPost, "/ward/signin", "10.0.0.1:5", "http")
	assert.Equal(t, http.StatusForbidden, refused.Code)
	assert.Empty(t, refused.Header().Get("Set-Cookie"))

	assert.Equal(t, http.StatusOK, ask(http.MethodGet, "/ward/signin", "10.0.0.1:5", "https").Code)
	assert.Equal(t, http.StatusOK, ask(http.MethodGet, "/ward/signin", "10.0.0.1:5", "http, https").Code, "the nearest proxy's word")
	assert.Equal(t, http.StatusOK, ask(http.MethodGet, "/ward/signin", "192.0.2.1:5", "http").Code, "anybody's word")
	assert.Equal(t, http.StatusOK, ask(http.MethodGet, "/ward/livez", "10.0.0.1:5", "http").Code, "a proxy asks whether we live")

	plain := newHouse(t, at("http://board.test"), behind("10.0.0.0/8"))
	assert.Equal(t, http.StatusOK, plain.seenAs(http.MethodGet, "10.0.0.1:5", "X-Forwarded-Proto", "http").Code)
}
