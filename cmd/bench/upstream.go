package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"

	"triageboard/internal/program"
)

const (
	watching = 40 * time.Second
	// pollOften makes many requests of a short measurement.
	pollOften = 2 * time.Second
	limit     = 5 // requests a second: the program's default
)

// measureUpstream counts what two boards ask of Luscii, side by side on the same
// hospital, one with one viewer and one with many.
func measureUpstream(ctx context.Context, b *bench) error {
	few, many := &watched{viewers: 1}, &watched{viewers: 200}
	var both sync.WaitGroup
	var errs [2]error
	both.Go(func() { errs[0] = few.run(ctx, b) })
	both.Go(func() { errs[1] = many.run(ctx, b) })
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	r := &b.report
	for _, w := range []*watched{few, many} {
		of := fmt.Sprintf("%d viewers", w.viewers)
		if w.viewers == 1 {
			of = "1 viewer"
		}
		n := r.add(of, "requests to Luscii", value(float64(w.requests)/watching.Minutes()), perMinute)
		if w.viewers > 1 {
			// A poll more or less may fall into the time watched.
			n.against(value(float64(few.requests) / watching.Minutes())).ratioAtMost(1.15)
		}
		r.add(of, "requests in the busiest 10 s", value(float64(w.busiest)/10), perSecond).never(limit + 0.1)
		r.add(of, "viewers lost", count(w.lost), one).never(0)
		r.add(of, "memory, most at any time", w.peak, megabytes).atMost(200, 0)
	}
	return nil
}

// watched is a board on a counted connection to its Luscii.
type watched struct {
	viewers  int
	requests int // while watched
	busiest  int // in any ten seconds since the start
	lost     int // streams that ended by themselves
	peak     measured
}

func (w *watched) run(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("upstream")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := b.startSandbox(ctx, hospital{patients: 300, open: 100, arrivals: "30/m"})
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	counter, err := newCounter(ctx, s.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, counter.close()) }()
	d, err := b.readWindow(ctx, boardSettings{dir: dir, upstream: counter.url, key: s.ServiceKey, rps: limit, poll: pollOften}, s, time.Minute)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, d.Process) }()

	clients, err := signedInAll(ctx, min(w.viewers, sessions), d.url, s.admin.SignIn())
	if err != nil {
		return err
	}
	viewing, cancel := context.WithTimeout(ctx, watching)
	defer cancel()
	before := counter.count()
	var views sync.WaitGroup
	failed := make([]error, w.viewers)
	for i := range w.viewers {
		views.Go(func() { failed[i] = view(viewing, clients[i%len(clients)]) })
	}
	views.Wait()
	w.requests, w.busiest, w.peak = counter.count()-before, counter.busiest(10*time.Second), d.usage().peak()
	for _, err := range failed {
		if err != nil {
			w.lost++
		}
	}
	return ctx.Err()
}

// view is a viewer: a page, and its stream until ctx ends. The error says that
// the stream ended before.
func view(ctx context.Context, c *client) error {
	page, err := c.page(ctx)
	if err != nil {
		return err
	}
	path, err := streamOf(page)
	if err != nil {
		return err
	}
	body, err := c.stream(ctx, path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	if ctx.Err() != nil {
		return body.Close()
	}
	return errors.Join(errors.New("a stream ended"), err, body.Close())
}

// counter passes requests on to a Luscii and notes when each came.
type counter struct {
	url    string
	server *http.Server
	served chan error

	mu   sync.Mutex
	came []time.Time
}

func newCounter(ctx context.Context, upstream string) (*counter, error) {
	to, err := url.Parse(upstream)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's address: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	c := &counter{url: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	c.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.came = append(c.came, time.Now())
		c.mu.Unlock()
		proxy.ServeHTTP(w, r)
	})}
	go func() { c.served <- c.server.Serve(listener) }()
	return c, nil
}

func (c *counter) close() error {
	err := c.server.Close()
	if served := <-c.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.came)
}

// busiest is the most requests that came within so long.
func (c *counter) busiest(within time.Duration) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := 0
	for i, from := range c.came {
		end, _ := slices.BinarySearchFunc(c.came, from.Add(within), time.Time.Compare)
		most = max(most, end-i)
	}
	return most
}
