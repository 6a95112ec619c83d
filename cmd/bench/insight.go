package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"time"

	"triageboard/internal/insight"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

const (
	insightAlerts = 1_000_000
	insightDays   = 30
	putAtOnce     = 10_000
	looks         = 40
	// insightWarm is how long all figures may take once the mirror is read.
	insightWarm = 300 * time.Millisecond
)

// measureInsights computes all figures of a month of a million alerts in a
// database: the first time, when they have to be read, and then again and again.
// The baseline is the plainest of the figures alone, asked of the database: how
// many alerts came a day, by flag.
func measureInsights(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("insight")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	file := filepath.Join(dir, "insight.db")
	store, err := storage.Open(ctx, "sqlite:"+file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	now := time.Now()
	if err := keepMonth(ctx, store, now); err != nil {
		return err
	}
	before := heapInUse()
	clock := now
	i := insight.New(insight.Options{Store: store, Zone: time.UTC, Now: func() time.Time { return clock }})
	q := insight.Query{Period: insight.Last(insightDays, now, time.UTC), Workload: true}
	look := func() (time.Duration, error) {
		begun := time.Now()
		r, err := i.Report(ctx, q)
		took := time.Since(begun)
		if n := r.Alerts.Value.ByFlag.Total(); err == nil && n < insightAlerts*9/10 {
			err = fmt.Errorf("the figures are of %d alerts only", n)
		}
		return took, err
	}
	cold, err := look()
	if err != nil {
		return err
	}
	kept := heapInUse() - before
	var warm, changed samples
	for range looks {
		took, err := look()
		if err != nil {
			return err
		}
		warm.add(took)
	}
	for range looks / 4 { // a whole day changed, and what was read isn't fresh any more
		i.Changed([]triage.Entry{{Alert: triage.Alert{CreatedAt: now.Add(-24 * time.Hour)}}})
		clock = clock.Add(time.Minute)
		took, err := look()
		if err != nil {
			return err
		}
		changed.add(took)
	}
	counted, err := countInSQL(ctx, file)
	if err != nil {
		return err
	}
	r, of := &b.report, "1,000,000 alerts of 30 days"
	f := r.add(of, "all figures, p50; beside one count in SQL", warm.percentile(50), millis).against(counted.percentile(50))
	f.ratioAtMost(1)
	r.add(of, "all figures, p99", warm.percentile(99), millis).atMost(float64(insightWarm)/millis.base, 0)
	r.add(of, "all figures after a day changed, p50", changed.percentile(50), millis).atMost(float64(insightWarm)/millis.base, 0)
	r.add(of, "all figures the first time", duration(cold), millis)
	r.add(of, "memory they keep", value(kept), megabytes)
	return nil
}

// keepMonth fills the mirror: a month of alerts, most of them processed.
func keepMonth(ctx context.Context, store *storage.Store, now time.Time) error {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time is what is wanted
	flags, types := insight.Flags[1:], insight.Types[:4]
	const apart = (insightDays - 1) * 24 * time.Hour / insightAlerts
	var entries []triage.Entry
	for n := range insightAlerts {
		created := now.Add(-time.Duration(insightAlerts-n) * apart)
		e := triage.Entry{Day: triage.DayOf(created, time.UTC), ConfirmedAt: now, Alert: triage.Alert{
			ID:      triage.AlertID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)),
			Patient: triage.PatientID(fmt.Sprintf("10000000-0000-4000-8000-%012d", random.IntN(20_000))),
			Group:   triage.GroupID(fmt.Sprintf("20000000-0000-4000-8000-%012d", random.IntN(40))),
			Flag:    flags[random.IntN(len(flags))], Type: types[random.IntN(len(types))], Status: triage.StatusOpen,
			CreatedAt: created, UpdatedAt: created,
		}}
		if n%100 != 0 {
			e.Status, e.ProcessedAt = triage.StatusProcessed, created.Add(time.Duration(random.ExpFloat64()*float64(time.Hour)))
			e.ProcessedBy = triage.HCPID(fmt.Sprintf("30000000-0000-4000-8000-%012d", random.IntN(50)))
		}
		if entries = append(entries, e); len(entries) == putAtOnce {
			if err := store.PutEntries(ctx, entries); err != nil {
				return fmt.Errorf("fill the mirror: %w", err)
			}
			entries = entries[:0]
		}
	}
	for d := range insightDays + 1 {
		if err := store.ConfirmDay(ctx, triage.DayOf(now, time.UTC).Add(-d), now); err != nil {
			return fmt.Errorf("fill the mirror: %w", err)
		}
	}
	return nil
}

// countInSQL is how long the database takes to count the alerts of each day by
// their flag.
func countInSQL(ctx context.Context, file string) (took samples, err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return nil, fmt.Errorf("open the database once more: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for range 5 {
		begun := time.Now()
		var n int
		err := db.QueryRowContext(ctx, `SELECT sum(n) FROM (SELECT count(*) AS n FROM alerts GROUP BY created_at / 86400000000000, flag)`).Scan(&n)
		if err != nil || n != insightAlerts {
			return nil, fmt.Errorf("count %d alerts in SQL: %w", n, err)
		}
		took.add(time.Since(begun))
	}
	return took, nil
}

// heapInUse is how many bytes live on this program's heap.
func heapInUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
