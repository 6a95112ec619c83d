package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The client is the last address before the trusted proxies; whatever stands before
// it anybody may have made up.
func TestClientBehindProxies(t *testing.T) {
	s := &Server{Options: Options{TrustedProxy: netip.MustParsePrefix("10.0.0.0/8").Contains}}
	for name, c := range map[string]struct {
		peer string
		hops []string
		want string
	}{
		"straight":                   {"192.0.2.1:5", nil, "192.0.2.1:5"},
		"straight, made up":          {"192.0.2.1:5", []string{"198.51.100.9"}, "192.0.2.1:5"},
		"one proxy":                  {"10.0.0.1:5", []string{"198.51.100.9"}, "198.51.100.9:0"},
		"one proxy, made up before":  {"10.0.0.1:5", []string{"127.0.0.1, 198.51.100.9"}, "198.51.100.9:0"},
		"two proxies":                {"10.0.0.1:5", []string{"198.51.100.9, 10.0.0.2"}, "198.51.100.9:0"},
		"two proxies, in two lines":  {"10.0.0.1:5", []string{"198.51.100.9", "10.0.0.2"}, "198.51.100.9:0"},
		"a proxy asks by itself":     {"10.0.0.1:5", nil, "10.0.0.1:5"},
		"nonsense ends the way":      {"10.0.0.1:5", []string{"198.51.100.9, nonsense, 10.0.0.2"}, "10.0.0.2:0"},
		"with a port":                {"10.0.0.1:5", []string{"198.51.100.9:4711"}, "198.51.100.9:0"},
		"IPv6":                       {"10.0.0.1:5", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		"IPv6 in brackets, and port": {"10.0.0.1:5", []string{"[2001:db8::1]:4711"}, "[2001:db8::1]:0"},
		"IPv6 in brackets":           {"10.0.0.1:5", []string{"[2001:db8::1]"}, "[2001:db8::1]:0"},
		"mapped":                     {"[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.9"}, "198.51.100.9:0"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, line := range c.hops {
			r.Header.Add("X-Forwarded-For", line)
		}
		s.behindProxies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			assert.Equal(t, c.want, r.RemoteAddr, name)
			assert.Empty(t, r.Header.Values("X-Forwarded-For"), "nothing behind can believe it")
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}
