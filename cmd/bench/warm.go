package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"triageboard/internal/program"
)

const starts = 5

// measureWarmStart starts the board on what a former one kept, while Luscii
// can't be reached.
func measureWarmStart(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("warm")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := b.startSandbox(ctx, hospital{patients: 3_000, open: 10_000, alerts: 20_000, arrivals: "0"})
	if err != nil {
		return err
	}
	settings := boardSettings{dir: dir, upstream: s.URL, key: s.ServiceKey, rps: unlimited, poll: pollEvery}
	var c *client
	d, err := b.readWindow(ctx, settings, s, 2*time.Minute)
	if err == nil {
		c, err = signedIn(ctx, d.url, "en", s.admin.SignIn())
		err = program.StopAfter(err, d.Process)
	}
	if err := program.StopAfter(err, s.Process); err != nil {
		return err
	}

	var alive, shown samples
	var peak measured
	for range starts {
		if settings.address, err = program.FreeAddress(ctx); err != nil {
			return err
		}
		begun := time.Now()
		d, err := b.startBoard(ctx, settings)
		if err != nil {
			return err
		}
		// Cookies don't tell ports apart: the sign-in of before still counts.
		c.base = d.url
		toAlive, toShown, err := firstAnswers(ctx, c, begun)
		peak = d.usage().peak()
		if err := program.StopAfter(err, d.Process); err != nil {
			return err
		}
		alive.add(toAlive)
		shown.add(toShown)
	}
	r, of := &b.report, "10,000 open, Luscii down"
	r.add(of, "process start → alive, p50", alive.percentile(50), millis)
	r.add(of, "process start → the board, p50", shown.percentile(50), millis).atMost(300, 0)
	r.add(of, "process start → the board, most", shown.percentile(100), millis)
	r.add(of, "memory, most", peak, megabytes)
	return nil
}

// firstAnswers is how long it takes until the board says that it lives, and
// until its page with 200 rows is there.
func firstAnswers(ctx context.Context, c *client, begun time.Time) (alive, shown time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	var body bytes.Buffer
	for {
		if _, err = c.load(ctx, "/livez", &body); err == nil {
			alive = time.Since(begun)
			break
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("the board doesn't start: %w", err)
		}
	}
	var header http.Header
	if header, err = c.load(ctx, "/", &body); err != nil {
		return 0, 0, err
	}
	shown = time.Since(begun)
	page, err := unpacked(header, &body)
	if err != nil {
		return 0, 0, err
	}
	if n := len(rowStarts.FindAllString(page, -1)); n < 200 {
		return 0, 0, fmt.Errorf("the first page has %d rows", n)
	}
	return alive, shown, nil
}
