// Package luscii is the client of Luscii's API: it lists alerts, their
// information records, patients and health-care professionals, reads every report
// of the Export API, and changes an alert's status.
//
// Three promises run through it. A listing that isn't complete never looks
// complete: it ends with an error. Nothing an alert carries makes it disappear:
// what can't be read is kept as it came. And a write is sent once: whoever wants
// it sent again decides so, after looking (R46).
package luscii

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"triageboard/internal/triage"
)

// What applies where Options leaves a field zero.
const (
	defaultMaxRPS       = 5
	defaultReadTimeout  = 30 * time.Second
	defaultWriteTimeout = 10 * time.Second
	defaultZone         = "Europe/Amsterdam"
)

// Options says which Luscii to talk to, and how hard.
type Options struct {
	// BaseURL is the API's address without /v1, such as https://api.luscii.com.
	// It is absolute, without query or user; it may carry a path prefix. Plain
	// http is accepted to a loopback address only.
	BaseURL string
	// Key is the service key, which every read is made with.
	Key triage.Key
	// MaxRPS is our own limit on requests a second, shared by reads and writes;
	// zero means 5.
	MaxRPS float64
	// ReadTimeout and WriteTimeout bound one attempt, its body included; zero
	// means 30 s and 10 s.
	ReadTimeout, WriteTimeout time.Duration
	// Zone is assumed for times that come without one, as those of the exports
	// do; nil means Europe/Amsterdam.
	Zone *time.Location
	// Logger gets what was odd about answers, never their content; nil means none.
	Logger *slog.Logger
	// Transport carries the requests; nil means an own one with sane limits.
	Transport http.RoundTripper
}

// Client talks to one Luscii. It is safe for concurrent use.
type Client struct {
	base         *url.URL // no trailing slash
	key          triage.Key
	readTimeout  time.Duration
	writeTimeout time.Duration
	zone         *time.Location
	log          *slog.Logger
	http         *http.Client
	pace         *pace
	agent        string
	exportByGET  atomic.Bool // the exports' method that worked last
}

// New checks the options and makes a client. It sends nothing.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("luscii base URL: %w", err)
	}
	if !sendable(o.Key) {
		return nil, errors.New("luscii service key: empty, or with characters no key has")
	}
	if o.MaxRPS == 0 {
		o.MaxRPS = defaultMaxRPS
	}
	if !(o.MaxRPS > 0) || math.IsInf(o.MaxRPS, 0) {
		return nil, fmt.Errorf("luscii requests a second: %v is no positive number", o.MaxRPS)
	}
	if o.ReadTimeout < 0 || o.WriteTimeout < 0 {
		return nil, errors.New("luscii timeouts: negative")
	}
	if o.Zone == nil {
		if o.Zone, err = time.LoadLocation(defaultZone); err != nil {
			return nil, fmt.Errorf("luscii time zone: %w", err)
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return &Client{
		base:         base,
		key:          o.Key,
		readTimeout:  orDefault(o.ReadTimeout, defaultReadTimeout),
		writeTimeout: orDefault(o.WriteTimeout, defaultWriteTimeout),
		zone:         o.Zone,
		log:          o.Logger,
		http:         &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect},
		pace:         newPace(o.MaxRPS),
		agent:        userAgent(),
	}, nil
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// parseBase accepts what Options.BaseURL promises. Its errors don't repeat the
// address, which may hold a password by mistake.
func parseBase(raw string) (*url.URL, error) {
	base, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case base.Hostname() == "" || base.Scheme != "https" && base.Scheme != "http":
		return nil, errors.New("must be absolute, https://…")
	case base.User != nil:
		return nil, errors.New("must not hold a user")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("must not hold a query or fragment")
	case base.Scheme == "http" && !loopback(base.Hostname()):
		return nil, errors.New("plain http is accepted to a loopback address only")
	}
	path, escaped := strings.TrimRight(base.Path, "/"), strings.TrimRight(base.EscapedPath(), "/")
	if strings.HasSuffix(path, "/v1") {
		return nil, errors.New("must come without /v1")
	}
	base.Path, base.RawPath = path, escaped
	return base, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// newTransport bounds each step of a connection. Idle connections are dropped
// after 30 s, sooner than servers usually do it: a write that meets a connection
// closed at the other end would end as uncertain for no good reason.
func newTransport() *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// userAgent names this program and, where the build knows it, its version.
func userAgent() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		version = info.Main.Version
	}
	return "triageboard/" + version
}
