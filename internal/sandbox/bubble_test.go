package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes is a network in memory: real HTTP inside a synctest bubble.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// startInBubble is start, by the bubble's clock. The server's deadlines are
// shorter than any fault.
func startInBubble(t *testing.T, o Options) caller {
	t.Helper()
	s, err := New(o)
	require.NoError(t, err)
	network := newPipes()
	server := &http.Server{Handler: s.Handler(), ReadTimeout: 2 * time.Second, WriteTimeout: 3 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	transport := &http.Transport{DialContext: network.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		assert.NoError(t, server.Close())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			assert.NoError(t, err)
		}
		assert.NoError(t, s.Close())
	})
	return caller{t: t, s: s, base: "http://sandbox", http: &http.Client{Transport: transport}, key: s.ServiceKey()}
}

// inBubble are options of a small population that begins at the bubble's time.
func inBubble() Options { return Options{Seed: 1, Patients: 30, Open: 12} }
