package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"triageboard/internal/program"
)

const (
	changesPerSecond = 50
	changing         = 10 * time.Second
	manyStreams      = 500
	// sessions is how many sign-ins the streams share.
	sessions = 20
)

// measureStreams changes alerts of a board of 1,000, and looks when each change
// has come over every stream: from the real pages' server, and from one that
// copies the same bytes. When a change was published stands in it: it is the
// alert's program, whose name nobody knows.
func measureStreams(ctx context.Context, b *bench) error {
	for _, n := range []int{100, manyStreams} {
		if err := measureFanOut(ctx, b, n); err != nil {
			return fmt.Errorf("%d streams: %w", n, err)
		}
	}
	return nil
}

func measureFanOut(ctx context.Context, b *bench, n int) (err error) {
	dir, err := b.folder("streams")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	board, err := b.fanOut(ctx, n, dir, "serve-streams", dir)
	if err != nil {
		return err
	}
	sample := filepath.Join(dir, "event")
	if err := os.WriteFile(sample, board.event, 0o600); err != nil {
		return fmt.Errorf("keep an event: %w", err)
	}
	bare, err := b.fanOut(ctx, n, dir, "serve-copies", sample)
	if err != nil {
		return err
	}
	r, of := &b.report, fmt.Sprintf("%d streams", n)
	last, bareLast := board.lastOfEach(n), bare.lastOfEach(n)
	r.add(of, "published → read, p50", board.latencies().percentile(50), millis).against(bare.latencies().percentile(50))
	r.add(of, "published → read, p99", board.latencies().percentile(99), millis).against(bare.latencies().percentile(99))
	r.add(of, "published → read on the last stream, p50", last.percentile(50), millis).against(bareLast.percentile(50))
	r.add(of, "published → read on the last stream, p99", last.percentile(99), millis).against(bareLast.percentile(99)).atMost(50, 0)
	r.add(of, "changes not delivered", count(board.published*n-len(board.deliveries)), one).never(0)
	cpu := r.add(of, "CPU of a delivery", board.cpu, micros).against(bare.cpu)
	if n >= manyStreams { // with fewer, what a change costs once is a larger part of it
		cpu.ratioAtMost(1.5)
	}
	r.add(of, "bytes of a changed row", count(len(board.event)), bytesUnit).atMost(1_000, 0)
	r.add(of, "memory, most at any time", board.peak, megabytes).against(bare.peak).atMost(200, 0)
	return nil
}

// fannedOut is what came over many streams.
type fannedOut struct {
	published  int
	deliveries []delivery
	event      []byte // one of them, as it came
	cpu, peak  measured
}

// delivery is one change on one stream.
type delivery struct {
	published int64 // nanoseconds since 1970, which tells changes apart
	took      time.Duration
}

func (f *fannedOut) latencies() samples {
	var all samples
	for _, d := range f.deliveries {
		all.add(d.took)
	}
	return all
}

// lastOfEach is how long each change took to the last of n streams.
func (f *fannedOut) lastOfEach(n int) samples {
	came, last := map[int64]int{}, map[int64]time.Duration{}
	for _, d := range f.deliveries {
		came[d.published]++
		last[d.published] = max(last[d.published], d.took)
	}
	var all samples
	for published, took := range last {
		if came[published] == n {
			all.add(took)
		}
	}
	return all
}

var publishedSays = regexp.MustCompile(`^published (\d+)$`)

// fanOut opens n streams to this program in a role, lets it publish, and reads
// until everything has come.
func (b *bench) fanOut(ctx context.Context, n int, dir, role, arg string) (got fannedOut, err error) {
	p, err := program.Start(ctx, dir, nil, b.self, role, arg)
	if err != nil {
		return fannedOut{}, err
	}
	defer func() { err = program.StopAfter(err, p) }()
	at, err := p.Await(ctx, servesAt)
	if err != nil {
		return fannedOut{}, err
	}
	clients, err := signedInAll(ctx, min(n, sessions), at[1], url.Values{"persona": {persona}})
	if err != nil {
		return fannedOut{}, err
	}
	page, err := clients[0].page(ctx)
	if err != nil {
		return fannedOut{}, err
	}
	path, err := streamOf(page)
	if err != nil {
		return fannedOut{}, err
	}

	streaming, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var reading sync.WaitGroup
	opened := make(chan error, n)
	for i := range n {
		s := &changesReader{opened: opened}
		reading.Go(func() {
			s.read(streaming, clients[i%len(clients)], path)
			mu.Lock()
			defer mu.Unlock()
			got.deliveries = append(got.deliveries, s.got...)
			got.event = s.event
		})
	}
	for range n {
		if err := <-opened; err != nil {
			return fannedOut{}, err
		}
	}
	before := usageOf(p.Pid())
	if err := p.Tell("publish"); err != nil {
		return fannedOut{}, err
	}
	published, err := p.Await(ctx, publishedSays)
	if err != nil {
		return fannedOut{}, err
	}
	after := usageOf(p.Pid())
	if got.published, err = strconv.Atoi(published[1]); err != nil {
		return fannedOut{}, fmt.Errorf("how much was published: %w", err)
	}
	rest := time.NewTimer(2 * time.Second) // what is still on its way
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
	cancel()
	reading.Wait()
	got.cpu, got.peak = cpuEach(before, after, got.published*n), after.peak()
	return got, nil
}

// changesReader reads one stream.
type changesReader struct {
	opened chan<- error
	got    []delivery
	event  []byte
}

// read reads until ctx ends. It says on opened that the stream stands.
func (s *changesReader) read(ctx context.Context, c *client, path string) {
	s.got = make([]delivery, 0, 2*changesPerSecond*int(changing/time.Second))
	body, err := c.stream(ctx, path)
	if err != nil {
		s.opened <- err
		return
	}
	defer func() { _ = body.Close() }() // nothing was written to it
	lines := bufio.NewReaderSize(body, 16<<10)
	var event []byte
	for told := false; ; {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			if !told {
				s.opened <- fmt.Errorf("read a stream: %w", err)
			}
			return
		}
		if !told { // something has come
			told = true
			s.opened <- nil
		}
		event = append(event, line...)
		if len(line) > 1 {
			continue
		}
		if found := publishedAt.FindSubmatch(event); found != nil {
			if at, err := strconv.ParseInt(string(found[1]), 10, 64); err == nil {
				s.got = append(s.got, delivery{at, time.Duration(time.Now().UnixNano() - at)})
				s.event = bytes.Clone(event)
			}
		}
		event = event[:0]
	}
}

// stream opens an event stream.
func (c *client) stream(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := c.request(ctx, path)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	if resp.StatusCode != 200 {
		return nil, errors.Join(fmt.Errorf("open a stream: the answer is %s", resp.Status), resp.Body.Close())
	}
	return resp.Body, nil
}
