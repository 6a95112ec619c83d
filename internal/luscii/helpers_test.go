package luscii

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/triage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	serviceKey   = triage.Key("service-key-of-the-board")
	clinicianKey = triage.Key("key-of-a-clinician")
	today        = triage.Day("2025-03-24")
	sampleAlert  = triage.AlertID("5bb27383-6f87-429c-8559-48e3f111cecb")
)

var amsterdam = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}()

// client is a Client on an upstream of the test's own, with its log.
type client struct {
	*Client
	log  *bytes.Buffer
	addr string
}

// serve starts an upstream on loopback and a client that may ask it as fast as
// it likes.
func serve(t *testing.T, upstream http.HandlerFunc, with ...func(*Options)) client {
	t.Helper()
	server := httptest.NewServer(upstream)
	t.Cleanup(server.Close)
	return connect(t, Options{BaseURL: server.URL, Transport: newTransport()}, with...)
}

// serveInBubble does the same within a synctest bubble: the connections are
// pipes, so that time stands still only while somebody works.
func serveInBubble(t *testing.T, upstream http.HandlerFunc, with ...func(*Options)) client {
	t.Helper()
	pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: upstream}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(pipes) // ends with ErrServerClosed
	}()
	transport := newTransport()
	transport.DialContext = pipes.dial
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	})
	return connect(t, Options{BaseURL: "http://127.0.0.1", Transport: transport}, with...)
}

func connect(t *testing.T, o Options, with ...func(*Options)) client {
	t.Helper()
	log := new(bytes.Buffer)
	o.Key, o.MaxRPS, o.Zone = serviceKey, 100_000, amsterdam
	o.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, change := range with {
		change(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(c.http.CloseIdleConnections)
	return client{Client: c, log: log, addr: o.BaseURL}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// answerJSON answers as Luscii does.
func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the test sees what is missing
}

// always is an upstream with one answer.
func always(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, status, body) }
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "contract", name))
	require.NoError(t, err)
	return string(body)
}

// collect reads a listing to its end.
func collect[T any](listing iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range listing {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

func (c client) list(t *testing.T) ([]triage.Alert, error) {
	t.Helper()
	return collect(c.Alerts(t.Context(), today, today))
}

// asError is the client's own error, which every error is.
func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

// kinds are the kinds of package triage an error matches.
func kinds(err error) []error {
	var matched []error
	for _, kind := range []error{
		triage.ErrNotFound, triage.ErrForbidden, triage.ErrKeyRefused, triage.ErrRejected, triage.ErrUnavailable,
		triage.ErrBusy, triage.ErrMalformed, triage.ErrPartial, triage.ErrUncertain,
	} {
		if errors.Is(err, kind) {
			matched = append(matched, kind)
		}
	}
	return matched
}

// row is an alert's JSON with one field replaced, or added.
func row(id, field, value string) string {
	fields := map[string]string{
		"id": fmt.Sprintf("%q", id), "userId": `"p"`, "groupId": `"g"`, "type": `"mea"`, "flag": `"red"`, "status": `"open"`,
		"createdAt": `"2025-03-24T11:45:00Z"`, "updatedAt": `"2025-03-24T11:45:00Z"`,
	}
	fields[field] = value
	var b bytes.Buffer
	sep := "{"
	for name, value := range fields {
		if value == "" {
			continue // absent
		}
		fmt.Fprintf(&b, "%s%q:%s", sep, name, value)
		sep = ","
	}
	return b.String() + "}"
}

func data(rows string) string { return `{"data":[` + rows + `]}` }
