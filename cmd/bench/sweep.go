package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"time"

	"triageboard/internal/board"
	"triageboard/internal/luscii"
	"triageboard/internal/program"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// measureSweep lists a day of many alerts through client, board and mirror: once
// when all of it is new, once when nothing has changed. The baseline is to
// decode the very same bytes into a struct, which nothing can do without.
func measureSweep(ctx context.Context, b *bench) error {
	for _, alerts := range []int{10_000, 100_000} {
		if err := measureDay(ctx, b, alerts); err != nil {
			return fmt.Errorf("%d alerts: %w", alerts, err)
		}
	}
	return nil
}

func measureDay(ctx context.Context, b *bench, alerts int) (err error) {
	dir, err := b.folder("sweep")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	lister, err := program.Start(ctx, dir, nil, b.self, "serve-listing", strconv.Itoa(alerts))
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, lister) }()
	at, err := lister.Await(ctx, servesAt)
	if err != nil {
		return err
	}
	sweeper, err := program.Start(ctx, dir, nil, b.self, "sweep-day", at[1], dir)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, sweeper) }()
	said, err := sweeper.Await(ctx, sweptSays)
	if err != nil {
		return err
	}
	var swept []swept
	if err := json.Unmarshal([]byte(said[1]), &swept); err != nil {
		return fmt.Errorf("what the sweep took: %w", err)
	}
	bare, err := decodeDay(newListing(alerts, time.Now()))
	if err != nil {
		return err
	}
	r := &b.report
	for i, what := range []string{"all new", "unchanged"} {
		of := fmt.Sprintf("%d alerts, %s", alerts, what)
		r.add(of, "time", duration(swept[i].Took), millis).against(duration(bare.Took))
		r.add(of, "time of an alert", duration(swept[i].Took/time.Duration(alerts)), micros).against(duration(bare.Took / time.Duration(alerts)))
		r.add(of, "allocations of an alert", value(float64(swept[i].Mallocs)/float64(alerts)), one).
			against(value(float64(bare.Mallocs) / float64(alerts)))
		r.add(of, "bytes allocated for an alert", value(float64(swept[i].Bytes)/float64(alerts)), bytesUnit).
			against(value(float64(bare.Bytes) / float64(alerts)))
	}
	r.add(fmt.Sprintf("%d alerts, both", alerts), "memory, most at any time", usageOf(sweeper.Pid()).peak(), megabytes)
	return nil
}

// swept is what one sweep took.
type swept struct {
	Took           time.Duration
	Mallocs, Bytes uint64
}

// between is what was taken from one look at the memory statistics to the next.
func between(before, after *runtime.MemStats, took time.Duration) swept {
	return swept{took, after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc}
}

// decodeDay decodes the pages of a listing alone.
func decodeDay(l *listing) (swept, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begun := time.Now()
	n := 0
	for _, page := range l.pages {
		var decoded struct {
			Data []wireAlert
			Meta struct{ NextCursor *string }
		}
		if err := json.Unmarshal(page, &decoded); err != nil {
			return swept{}, fmt.Errorf("decode a page: %w", err)
		}
		n += len(decoded.Data)
	}
	took := time.Since(begun)
	runtime.ReadMemStats(&after)
	if n != l.alerts {
		return swept{}, fmt.Errorf("decoded %d alerts instead of %d", n, l.alerts)
	}
	return between(&before, &after, took), nil
}

var sweptSays = regexp.MustCompile(`^swept (\[.*\])$`)

// sweepDay is the role of a board without pages: it lists today from the address
// given, with a mirror in the folder given, until it did so twice, and says what
// each took.
func sweepDay(ctx context.Context, args []string, _ <-chan string) (err error) {
	if len(args) != 2 {
		return errors.New("sweep-day ADDRESS FOLDER")
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	client, err := luscii.New(luscii.Options{BaseURL: args[0], Key: "none", MaxRPS: unlimited, Logger: log})
	if err != nil {
		return err
	}
	store, err := storage.Open(ctx, "sqlite:"+filepath.Join(args[1], "sweep.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	w := &sweepWatch{done: make(chan struct{})}
	bd, err := board.New(ctx, board.Options{
		Source: client, Mirror: store, Interval: time.Millisecond, WindowDays: 0, Zone: time.UTC, Logger: log,
		OnPublish: w.published,
	})
	if err != nil {
		return err
	}
	runtime.GC()
	runtime.ReadMemStats(&w.before)
	running, cancel := context.WithCancel(ctx)
	var sweeping sync.WaitGroup
	sweeping.Go(func() { bd.Run(running) })
	select {
	case <-w.done:
	case <-ctx.Done():
	}
	cancel()
	sweeping.Wait()
	text, err := json.Marshal(w.swept)
	if err != nil {
		return fmt.Errorf("say what was swept: %w", err)
	}
	fmt.Printf("swept %s\n", text)
	<-ctx.Done() // its memory is looked at
	return nil
}

// sweepWatch notes each confirmation of the day that holds alerts.
type sweepWatch struct {
	swept  []swept
	before runtime.MemStats
	last   time.Time
	done   chan struct{}
}

// published is called once for each publication. A day is confirmed as of when
// its listing began.
func (w *sweepWatch) published(_, newer *triage.Snapshot) {
	if len(newer.Entries) == 0 || len(w.swept) == 2 {
		return
	}
	for _, d := range newer.Days {
		if d.Day != newer.Entries[0].Day || !d.ConfirmedAt.After(w.last) {
			continue
		}
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		w.swept = append(w.swept, between(&w.before, &now, time.Since(d.ConfirmedAt)))
		w.before, w.last = now, d.ConfirmedAt
		if len(w.swept) == 2 {
			close(w.done)
		}
	}
}
