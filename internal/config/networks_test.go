package config

import (
	"maps"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrustedProxies(t *testing.T) {
	c, err := load(map[string]string{"DASHBOARD_TRUSTED_PROXIES": "10.1.0.0/16, 192.0.2.7,fd00::/8", "DASHBOARD_SANDBOX": "true"})
	require.NoError(t, err)
	for addr, want := range map[string]bool{
		"10.1.255.1": true, "10.2.0.1": false, "192.0.2.7": true, "192.0.2.8": false, "fd00::1": true, "fe80::1": false,
		"::ffff:10.1.2.3": true, "fd00::1%eth0": true,
	} {
		assert.Equal(t, want, c.TrustedProxies.Holds(netip.MustParseAddr(addr)), addr)
	}
	assert.False(t, c.TrustedProxies.Holds(netip.Addr{}))
	for text, problem := range map[string]string{
		"proxy.test": "neither an address nor a range", "10.1.0.0/33": "neither", "10.1.2.3/16": "write 10.1.0.0/16",
		"10.0.0.1,": "neither", "0.0.0.0/0": "everybody", "::/0": "everybody", "fe80::1%eth0": "neither",
	} {
		_, err := load(map[string]string{"DASHBOARD_TRUSTED_PROXIES": text, "DASHBOARD_SANDBOX": "true"})
		require.Len(t, problemsOf(t, err), 1, text)
		assert.Contains(t, err.Error(), "DASHBOARD_TRUSTED_PROXIES: ")
		assert.Contains(t, err.Error(), problem)
	}
}

func TestTLS(t *testing.T) {
	both := map[string]string{"DASHBOARD_SANDBOX": "true", "DASHBOARD_TLS_CERT": "c.pem", "DASHBOARD_TLS_KEY": "k.pem", "DASHBOARD_ADDR": ":8443"}
	c, err := load(both)
	require.NoError(t, err)
	assert.Equal(t, "https://localhost:8443", c.PublicURL.String(), "the address follows")
	for _, name := range []string{"DASHBOARD_TLS_CERT", "DASHBOARD_TLS_KEY"} {
		pasted := maps.Clone(both)
		pasted[name] = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"
		_, err = load(pasted)
		require.Len(t, problemsOf(t, err), 1)
		assert.EqualError(t, err, name+": must be the name of a PEM file, not what it holds")
	}
	both["DASHBOARD_PUBLIC_URL"] = "http://board.test"
	_, err = load(both)
	require.Len(t, problemsOf(t, err), 1)
	assert.Contains(t, err.Error(), "DASHBOARD_PUBLIC_URL: must begin with https")
	both["DASHBOARD_PUBLIC_URL"] = "https://board.test"
	for _, missing := range []string{"DASHBOARD_TLS_CERT", "DASHBOARD_TLS_KEY"} {
		one := map[string]string{}
		for name, value := range both {
			if name != missing {
				one[name] = value
			}
		}
		_, err := load(one)
		require.Len(t, problemsOf(t, err), 1)
		assert.Contains(t, err.Error(), missing+": missing")
	}
}
