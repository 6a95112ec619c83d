package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"triageboard/internal/program"
)

const (
	screens  = 20
	arriving = 30 * time.Second
	// arrivalSlack is how much longer than the poll interval a new alert may take.
	arrivalSlack = 500 * time.Millisecond
)

// measureArrival lets alerts arrive, and looks when each is on every screen. When
// it arrived is when the sandbox wrote it down.
func measureArrival(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("arrival")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	journal := filepath.Join(dir, "journal")
	s, err := b.startSandbox(ctx, hospital{patients: 300, open: 100, arrivals: "0", state: journal})
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	d, err := b.readWindow(ctx, boardSettings{dir: dir, upstream: s.URL, key: s.ServiceKey, rps: limit, poll: pollEvery}, s, time.Minute)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, d.Process) }()
	clients, err := signedInAll(ctx, screens, d.url, s.admin.SignIn())
	if err != nil {
		return err
	}

	watching, cancel := context.WithTimeout(ctx, arriving+pollEvery+2*time.Second)
	defer cancel()
	var all sync.WaitGroup
	var arrived map[string]time.Time
	var arrivedErr error
	all.Go(func() { arrived, arrivedErr = follow(watching, journal) })
	seen, failed := make([]map[string]time.Time, screens), make([]error, screens)
	for i, c := range clients {
		all.Go(func() { seen[i], failed[i] = watch(watching, c) })
	}
	err = s.arrive(ctx, "1/s")
	select {
	case <-time.After(arriving):
	case <-ctx.Done():
	}
	err = errors.Join(err, s.arrive(ctx, "0"))
	all.Wait()
	if err := errors.Join(append(failed, err, arrivedErr)...); err != nil {
		return err
	}

	var each, last samples
	missing := 0
	for id, at := range arrived {
		var slowest time.Duration
		for _, screen := range seen {
			came, ok := screen[id]
			if !ok {
				missing++
				continue
			}
			each.add(came.Sub(at))
			slowest = max(slowest, came.Sub(at))
		}
		last.add(slowest)
	}
	r, of := &b.report, fmt.Sprintf("polls every %.0f s", pollEvery.Seconds())
	r.add(of, "arrived → on a screen, p50", each.percentile(50), seconds)
	r.add(of, "arrived → on a screen, p99", each.percentile(99), seconds)
	r.add(of, "arrived → on the last screen, most", last.percentile(100), seconds).atMost((pollEvery + arrivalSlack).Seconds(), 0)
	r.add(of, "alerts that arrived", count(len(arrived)), one)
	r.add(of, "alerts missing on a screen", count(missing), one).never(0)
	return nil
}

// arrival is a line of the sandbox's journal about an alert that arrived.
type arrival struct {
	Arrival *struct {
		ID string `json:"id"`
	} `json:"arrival"`
}

// follow reads the sandbox's journal as it grows, until ctx ends: when each alert
// arrived, to a few milliseconds.
func follow(ctx context.Context, journal string) (map[string]time.Time, error) {
	file, err := os.Open(journal)
	if err != nil {
		return nil, fmt.Errorf("follow the journal: %w", err)
	}
	defer func() { _ = file.Close() }() // nothing was written to it
	arrived := map[string]time.Time{}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	var rest []byte
	chunk := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, _ := file.Read(chunk) // at the end for now
		rest = append(rest, chunk[:n]...)
		for {
			line, after, whole := bytes.Cut(rest, []byte("\n"))
			if !whole {
				break
			}
			rest = after
			var a arrival
			if err := json.Unmarshal(line, &a); err != nil {
				return nil, fmt.Errorf("read the journal: %w", err)
			}
			if a.Arrival != nil {
				arrived[a.Arrival.ID] = time.Now()
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
	return arrived, nil
}

var (
	isNew   = regexp.MustCompile(`<div\b[^>]*\bdata-move="new"[^>]*>`)
	alertID = regexp.MustCompile(`\bdata-alert-id="([^"]+)"`)
)

// watch is a screen: it loads the page and reads its stream until ctx ends, and
// answers when each new alert came.
func watch(ctx context.Context, c *client) (map[string]time.Time, error) {
	page, err := c.page(ctx)
	if err != nil {
		return nil, err
	}
	path, err := streamOf(page)
	if err != nil {
		return nil, err
	}
	body, err := c.stream(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // nothing was written to it
	seen := map[string]time.Time{}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		now := time.Now()
		for tag := range slices.Values(isNew.FindAll(lines.Bytes(), -1)) {
			if id := alertID.FindSubmatch(tag); id != nil {
				seen[string(id[1])] = now
			}
		}
	}
	if ctx.Err() == nil {
		return nil, errors.Join(errors.New("a stream ended"), lines.Err())
	}
	return seen, nil
}
