package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"triageboard/internal/config"
)

// How many connections are held at once, ours. A whole hospital may come from one
// address, with an event stream and up to five more connections for each browser
// tab; beyond that nobody can take what others need. A connection nothing was asked
// on ends within headersWithin.
const (
	connections           = 10_000
	connectionsPerNetwork = 2_000
)

// headersWithin is how long a request's headers may take.
const headersWithin = 5 * time.Second

// newHTTPServer bounds what a slow or hostile client can hold.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headersWithin,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      90 * time.Second, // a write to Luscii, with its re-reads, fits in
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// listen opens the board's port, with TLS where a certificate is given.
func listen(ctx context.Context, c config.Config, log *slog.Logger) (net.Listener, error) {
	var own *certificate
	if c.TLSCert != "" {
		own = &certificate{cert: c.TLSCert, key: c.TLSKey, log: log}
		if _, err := own.get(nil); err != nil {
			return nil, &usageError{err}
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	listener = limit(listener, connections, connectionsPerNetwork, c.TrustedProxies.Holds)
	if own != nil {
		listener = tls.NewListener(listener, &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: own.get,
			NextProtos: []string{"http/1.1"}, // as behind a proxy: streams and limits are tried on it
		})
	}
	return listener, nil
}

// limited is a listener that holds so many connections at once, and so many from one
// network; what comes beyond is closed at once. Of a trusted proxy's only all are
// counted: everybody comes from its address.
type limited struct {
	net.Listener
	most, each int
	exempt     func(netip.Addr) bool

	mu   sync.Mutex
	all  int
	from map[netip.Prefix]int
}

func limit(l net.Listener, most, each int, exempt func(netip.Addr) bool) *limited {
	return &limited{Listener: l, most: most, each: each, exempt: exempt, from: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // net/http looks at what it is
		}
		network := l.networkOf(conn)
		if l.take(network) {
			return &counted{Conn: conn, gone: sync.OnceFunc(func() { l.give(network) })}, nil
		}
		_ = conn.Close() // nobody waits for it
	}
}

// networkOf is whom a connection is counted by: an IPv4 address, or the /64 that a
// single holder of IPv6 addresses has at least.
func (l *limited) networkOf(conn net.Conn) netip.Prefix {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	addr := peer.Addr().Unmap().WithZone("")
	if err != nil || l.exempt(addr) {
		return netip.Prefix{}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

func (l *limited) take(network netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= l.most || network.IsValid() && l.from[network] >= l.each {
		return false
	}
	l.all++
	l.from[network]++
	return true
}

func (l *limited) give(network netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.from[network]--; l.from[network] == 0 {
		delete(l.from, network)
	}
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	gone func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.gone()
	return c.Conn.Close() //nolint:wrapcheck // net/http looks at what it is
}

// certificate is the TLS certificate of the settings. Its files are looked at
// whenever a connection begins, so that a renewed one needs neither a restart nor a
// signal: what renews certificates often can't send one into a container. While the
// new files can't be used, as between the writing of one and the other, the old
// certificate goes on.
type certificate struct {
	cert, key string // paths
	log       *slog.Logger

	mu    sync.Mutex
	stamp string // of the files that were read last
	read  *tls.Certificate
}

// get implements tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := stampOf(c.cert, c.key)
	if err == nil && stamp == c.stamp {
		return c.read, nil
	}
	var read tls.Certificate
	if err == nil {
		read, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	switch {
	case err == nil && c.read != nil:
		c.log.Info("the renewed TLS certificate is used")
	case err != nil && c.read == nil:
		return nil, fmt.Errorf("DASHBOARD_TLS_CERT, DASHBOARD_TLS_KEY: %w", err)
	case err != nil && stamp != c.stamp:
		c.log.Error("the TLS certificate has changed but can't be used; the old one goes on", slog.Any("error", err))
	}
	if err == nil {
		c.read = &read
	}
	c.stamp = stamp // what can't be used is tried again once it changes
	return c.read, nil
}

// stampOf differs when a file does.
func stampOf(paths ...string) (string, error) {
	var stamp string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("look at a TLS file: %w", err)
		}
		stamp += fmt.Sprint(info.Size(), info.ModTime().UnixNano(), " ")
	}
	return stamp, nil
}
