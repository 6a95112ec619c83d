package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"triageboard/internal/program"
)

const (
	pageClients = 20
	// unlimited is so many requests a second that the limit doesn't matter: a
	// board on a simulated Luscii may read as fast as it can.
	unlimited = 100_000
	pollEvery = 10 * time.Second // the program's default
)

// pageCase is a board of so many open alerts, loaded for so long.
type pageCase struct {
	hospital
	name       string
	load, bare time.Duration
	readWithin time.Duration // the whole window, for the first time
	rps        int           // not zero: the board that is measured is a second one with this limit on requests
}

// measurePages loads the board again and again while alerts arrive and days are
// listed, and then the very same bytes from a server that does nothing else.
func measurePages(ctx context.Context, b *bench) error {
	for _, c := range []pageCase{
		{hospital{patients: 300, open: 100, arrivals: "1/s"}, "100 open", 12 * time.Second, 4 * time.Second, time.Minute, 0},
		{hospital{patients: 3_000, open: 1_000, arrivals: "1/s"}, "1,000 open", 12 * time.Second, 4 * time.Second, time.Minute, 0},
		{hospital{patients: 20_000, open: 10_000, alerts: 1_000_000, arrivals: "1/s"}, "10,000 open of 1,000,000",
			// A day is 170 requests: with such a limit today fits into a poll interval.
			30 * time.Second, 5 * time.Second, 6 * time.Minute, 25},
	} {
		if err := measurePage(ctx, b, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func measurePage(ctx context.Context, b *bench, c pageCase) (err error) {
	dir, err := b.folder(c.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := b.startSandbox(ctx, c.hospital)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	begun := time.Now()
	settings := boardSettings{dir: dir, upstream: s.URL, key: s.ServiceKey, rps: unlimited, poll: pollEvery}
	if c.rps > 0 {
		settings.poll = c.readWithin // polls meanwhile would be most of the reading
	}
	d, err := b.readWindow(ctx, settings, s, c.readWithin)
	if err != nil {
		return err
	}
	read, reading := time.Since(begun), d.usage()
	if c.rps > 0 {
		settings.poll, settings.rps = pollEvery, c.rps
		if d, err = b.restart(ctx, d, settings); err != nil {
			return err
		}
	}
	defer func() { err = program.StopAfter(err, d.Process) }()
	clients, err := signedInAll(ctx, pageClients, d.url, s.admin.SignIn())
	if err != nil {
		return err
	}
	recorded, err := record(ctx, clients[0], dir, min(200, c.open*9/10))
	if err != nil {
		return err
	}
	before := d.usage()
	got := loadAll(ctx, clients, c.load)
	after := d.usage()

	bare, bareCPU, err := b.loadBare(ctx, recorded, c.bare)
	if err != nil {
		return err
	}
	r := &b.report
	r.add(c.name, "load, p50", got.took.percentile(50), millis).against(bare.took.percentile(50))
	r.add(c.name, "load, p99", got.took.percentile(99), millis).against(bare.took.percentile(99)).atMost(250, 50)
	r.add(c.name, "loads", value(float64(len(got.took))/c.load.Seconds()), perSecond).
		against(value(float64(len(bare.took)) / c.bare.Seconds()))
	r.add(c.name, "errors", count(got.errors), one).never(0)
	// Listing goes on meanwhile, and is paid for here.
	r.add(c.name, "CPU of a load", cpuEach(before, after, len(got.took)), micros).against(bareCPU)
	r.add(c.name, "page, compressed", count(recorded.size), bytesUnit)
	r.add(c.name, "memory under load", after.now(), megabytes).atMost(100, 64)
	r.add(c.name, "memory, most at any time", after.peak(), megabytes)
	r.add(c.name, "the window read for the first time", duration(read), seconds)
	r.add(c.name, "memory, most meanwhile", reading.peak(), megabytes)
	return firstFailure(got, bare)
}

// readWindow starts a board and waits until it has read its window.
func (b *bench) readWindow(ctx context.Context, settings boardSettings, s *sandboxed, within time.Duration) (*dashboard, error) {
	d, err := b.startBoard(ctx, settings)
	if err != nil {
		return nil, err
	}
	err = d.ready(ctx)
	if err == nil {
		var c *client
		if c, err = signedIn(ctx, d.url, "en", s.admin.SignIn()); err == nil {
			err = c.awaitComplete(ctx, within)
		}
	}
	if err != nil {
		return nil, program.StopAfter(err, d.Process)
	}
	return d, nil
}

// restart is the board begun again, with what it kept, by other settings.
func (b *bench) restart(ctx context.Context, d *dashboard, settings boardSettings) (*dashboard, error) {
	if err := d.Stop(); err != nil {
		return nil, err
	}
	d, err := b.startBoard(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := d.ready(ctx); err != nil {
		return nil, program.StopAfter(err, d.Process)
	}
	return d, nil
}

// recording is a page as it came over the wire.
type recording struct {
	file, encoding string
	size           int
}

// record keeps the board's page, which must hold at least so many rows.
func record(ctx context.Context, c *client, dir string, rows int) (recording, error) {
	var page bytes.Buffer
	header, err := c.load(ctx, "/", &page)
	if err != nil {
		return recording{}, err
	}
	r := recording{filepath.Join(dir, "page"), header.Get("Content-Encoding"), page.Len()}
	if err := os.WriteFile(r.file, page.Bytes(), 0o600); err != nil {
		return recording{}, fmt.Errorf("keep a page: %w", err)
	}
	text, err := unpacked(header, &page)
	if err != nil {
		return recording{}, err
	}
	if n := len(rowStarts.FindAllString(text, -1)); n < rows {
		return recording{}, fmt.Errorf("the page holds %d rows, expected are at least %d", n, rows)
	}
	return r, nil
}

// loaded is what clients got.
type loaded struct {
	took   samples
	errors int
	first  error
}

func firstFailure(all ...loaded) error {
	for _, l := range all {
		if l.first != nil {
			return l.first
		}
	}
	return nil
}

// loadAll lets each client load the board again as soon as it has it.
func loadAll(ctx context.Context, clients []*client, during time.Duration) loaded {
	end := time.Now().Add(during)
	var mu sync.Mutex
	var all loaded
	var loading sync.WaitGroup
	for _, c := range clients {
		loading.Go(func() {
			var page bytes.Buffer
			var mine loaded
			for time.Now().Before(end) && ctx.Err() == nil {
				begun := time.Now()
				if _, err := c.load(ctx, "/", &page); err != nil {
					mine.errors++
					mine.first = firstError(mine.first, err)
					continue
				}
				mine.took.add(time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, mine.took...)
			all.errors += mine.errors
			all.first = firstError(all.first, mine.first)
		})
	}
	loading.Wait()
	return all
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// loadBare is loadAll on a server that has nothing to do but write the page.
func (b *bench) loadBare(ctx context.Context, page recording, during time.Duration) (got loaded, cpu measured, err error) {
	p, err := program.Start(ctx, b.dir, nil, b.self, "serve-bytes", page.file, page.encoding)
	if err != nil {
		return loaded{}, measured{}, err
	}
	defer func() { err = program.StopAfter(err, p) }()
	at, err := p.Await(ctx, servesAt)
	if err != nil {
		return loaded{}, measured{}, err
	}
	var clients []*client
	for range pageClients {
		c, err := newClient(at[1], "en")
		if err != nil {
			return loaded{}, measured{}, err
		}
		clients = append(clients, c)
	}
	before := usageOf(p.Pid())
	got = loadAll(ctx, clients, during)
	return got, cpuEach(before, usageOf(p.Pid()), len(got.took)), nil
}

// servesAt is what this program says in a role that serves.
var servesAt = regexp.MustCompile(`^serves (http://\S+)$`)

// serveBytes is the role of a server that answers the bytes of a file, of the
// given content encoding.
func serveBytes(ctx context.Context, args []string, _ <-chan string) error {
	if len(args) != 2 {
		return errors.New("serve-bytes FILE ENCODING")
	}
	page, err := os.ReadFile(args[0]) //nolint:gosec // the one who started this program names it
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	return serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		if args[1] != "" {
			w.Header().Set("Content-Encoding", args[1])
		}
		_, _ = w.Write(page) //nolint:gosec // the board's own page; the client notices what is missing
	}))
}

// serve serves at a free loopback port, which it prints, until ctx ends.
func serve(ctx context.Context, h http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Printf("serves http://%s\n", listener.Addr())
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return server.Close()
	}
}
