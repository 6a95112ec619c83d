package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// impatient is the program's server with a hundredth of its patience.
func impatient(t *testing.T, h http.HandlerFunc) (address string) {
	t.Helper()
	server := newHTTPServer(h, slog.New(slog.DiscardHandler))
	for _, bound := range []*time.Duration{&server.ReadHeaderTimeout, &server.ReadTimeout, &server.WriteTimeout, &server.IdleTimeout} {
		require.Positive(t, *bound)
		require.LessOrEqual(t, *bound, 2*time.Minute)
		*bound /= 100
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(l) }() // ends when it is closed
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return l.Addr().String()
}

// says opens a connection and sends text on it.
func says(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // may be closed already
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	return conn
}

// ended is what a connection says until the server closes it. One that is reset
// has ended, too; one that goes on has not.
func ended(t *testing.T, conn net.Conn) string {
	t.Helper()
	said, err := io.ReadAll(conn)
	var slow net.Error
	if err != nil {
		require.False(t, assert.ErrorAs(t, err, &slow) && slow.Timeout(), "the connection goes on")
	}
	return string(said)
}

// Whoever is slow with headers or a body, or asks nothing more, is let go.
func TestSlowClientsAreLetGo(t *testing.T) {
	address := impatient(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	assert.NotContains(t, ended(t, says(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")), "200 OK", "headers that don't end")
	assert.Empty(t, ended(t, says(t, address, "")), "nothing was asked")
	assert.Contains(t, ended(t, says(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")), "400 ", "a body that doesn't come")
	assert.Contains(t, ended(t, says(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")), "200 OK", "nothing more was asked")
}

func TestHeadersAreBounded(t *testing.T) {
	address := impatient(t, func(http.ResponseWriter, *http.Request) {})
	assert.Contains(t, ended(t, says(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX-Big: "+strings.Repeat("x", 64<<10))), "431 ")
	conn := says(t, address, "GET / HTTP/1.1\r\nHost: x\r\nCookie: "+strings.Repeat("x", 8<<10)+"\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, "200 OK", "many cookies of others are no attack")
}

// A body that doesn't end is cut off, by the real program.
func TestEndlessBody(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	conn := says(t, strings.TrimPrefix(b.url, "http://"), "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n")
	go func() {
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("a", 64<<10))
		for {
			if _, err := io.WriteString(conn, chunk); err != nil {
				return // cut off
			}
		}
	}()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil { // else the connection was reset before it could be read
		assert.Regexp(t, "^HTTP/1.1 4(13|22) ", line)
	}
}

// One network can't take the connections that others need, but for the proxies that
// everybody comes through; and all together don't take more than there are.
func TestConnectionsAreBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var proxies atomic.Bool
	l := limit(inner, 3, 2, func(netip.Addr) bool { return proxies.Load() })
	accepted := make(chan net.Conn, 10)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	connect := func() net.Conn { return says(t, inner.Addr().String(), "") }
	first := connect()
	one, two := <-accepted, func() net.Conn { connect(); return <-accepted }()
	assert.Empty(t, ended(t, connect()), "a third of one network")
	require.NoError(t, one.Close())
	require.ErrorIs(t, one.Close(), net.ErrClosed, "closed twice, counted once")
	assert.Empty(t, ended(t, first))
	connect()
	three := <-accepted
	assert.Empty(t, ended(t, connect()))

	proxies.Store(true)
	connect()
	four := <-accepted
	assert.Empty(t, ended(t, connect()), "a fourth of all")
	for _, conn := range []net.Conn{two, three, four} {
		require.NoError(t, conn.Close())
	}
	require.NoError(t, l.Close())
	_, open := <-accepted
	assert.False(t, open)
	assert.Zero(t, l.all)
	assert.Empty(t, l.from)
}

// writeCertificate writes a certificate of its own for the name, and its key.
func writeCertificate(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	for file, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600))
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

// The program serves TLS by itself, takes a renewed certificate without a restart,
// and keeps the old one while the new can't be used.
func TestOwnTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pool := writeCertificate(t, dir, "board.test")
	settings := []string{"DASHBOARD_TLS_CERT=cert.pem", "DASHBOARD_TLS_KEY=key.pem"}
	b := startBoardIn(t, dir, settings...)
	require.True(t, strings.HasPrefix(b.url, "https://"), b.url)
	ask := func(pool *x509.CertPool) error {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "board.test"}}}
		resp, err := client.Get(b.url + "/signin")
		if err != nil {
			return err
		}
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.NotEmpty(t, resp.Header.Get("Strict-Transport-Security"))
		return resp.Body.Close()
	}
	require.NoError(t, ask(pool))
	p, err := launch(dir, append([]string{"DASHBOARD_ADDR=" + strings.TrimPrefix(b.url, "https://"), "DASHBOARD_SANDBOX=true"}, settings...), "healthcheck")
	require.NoError(t, err)
	<-p.ended
	require.NoError(t, p.failure, p.stderr.String())

	old, err := os.ReadFile(filepath.Join(dir, "key.pem"))
	require.NoError(t, err)
	renewed := writeCertificate(t, dir, "board.test")
	fresh, err := os.ReadFile(filepath.Join(dir, "key.pem"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), old, 0o600))
	require.NoError(t, ask(pool), "the new certificate's key isn't there yet")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), append(fresh, '\n'), 0o600))
	require.NoError(t, ask(renewed))
	require.Error(t, ask(pool))
	assert.NotContains(t, b.stderr.String(), "PRIVATE")
}
