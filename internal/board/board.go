// Package board turns Luscii's lists into what the clinicians see: it sweeps
// the window day by day, keeps the last known state of every alert in it, and
// publishes an immutable snapshot that readers share without locking. A sweep
// that fails or ends early changes nothing it cannot vouch for: the last good
// board stays, and says how old it is.
package board

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"triageboard/internal/triage"
)

// Source lists what Luscii knows. A sequence that ends in an error is
// incomplete: nothing may be concluded from what it lacks.
type Source interface {
	Alerts(ctx context.Context, from, to triage.Day) iter.Seq2[triage.Alert, error]
	Records(ctx context.Context, id triage.AlertID) iter.Seq2[triage.Record, error]
}

// Options are what a Board is made of.
type Options struct {
	Source     Source
	Interval   time.Duration  // between two polls of today
	WindowDays int            // how many days before today are looked at
	Zone       *time.Location // the zone times are shown in; UTC's date is polled beside this one's
	Logger     *slog.Logger
	OnChange   func(triage.Delta) // told what each publication changed; may be nil, must not block
}

// Board is the worklist as it stands. Its methods may be called concurrently.
type Board struct {
	source   Source
	interval time.Duration
	window   int
	zone     *time.Location
	log      *slog.Logger
	onChange func(triage.Delta)
	started  time.Time

	current atomic.Pointer[triage.Snapshot]
	history *lru.Cache[historyKey, []triage.Record]

	mu        sync.Mutex // guards what follows, and the order of publications
	mirror    map[triage.AlertID]triage.Entry
	confirmed map[triage.Day]time.Time
	lastErr   error
}

// New makes a Board that has looked at nothing yet. Run starts it.
func New(o Options) (*Board, error) {
	history, err := lru.New[historyKey, []triage.Record](historyCacheSize)
	if err != nil {
		return nil, fmt.Errorf("make the history cache: %w", err)
	}
	b := &Board{
		source: o.Source, interval: o.Interval, window: o.WindowDays, zone: o.Zone,
		log: o.Logger, onChange: o.OnChange, started: time.Now(),
		history:   history,
		mirror:    map[triage.AlertID]triage.Entry{},
		confirmed: map[triage.Day]time.Time{},
	}
	first := b.freeze(b.started)
	first.Version = uint64(b.started.UnixMicro()) // so that versions grow across restarts, too
	b.current.Store(first)
	return b, nil
}

// Snapshot is the board at this moment, never nil.
func (b *Board) Snapshot() *triage.Snapshot { return b.current.Load() }

// Find is the last known state of an alert of any status.
func (b *Board) Find(id triage.AlertID) (triage.Entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.mirror[id]
	return e, ok
}

// Processed is the alerts processed since the given moment, in R1's order. One
// whose processing time Luscii doesn't say counts by its last update.
func (b *Board) Processed(since time.Time) []triage.Entry {
	return b.choose(func(e triage.Entry) bool {
		at := e.ProcessedAt
		if at.IsZero() {
			at = e.UpdatedAt
		}
		return e.Status == triage.StatusProcessed && !at.Before(since)
	}, func(x, y triage.Entry) int { return triage.Compare(x.Alert, y.Alert) })
}

// OfPatient is all the window's alerts of one patient, newest first; those of
// one instant in R1's order.
func (b *Board) OfPatient(id triage.PatientID) []triage.Entry {
	return b.choose(func(e triage.Entry) bool { return e.Patient == id },
		func(x, y triage.Entry) int {
			return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), triage.Compare(x.Alert, y.Alert))
		})
}

func (b *Board) choose(want func(triage.Entry) bool, order func(x, y triage.Entry) int) []triage.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []triage.Entry
	for _, e := range b.mirror {
		if want(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, order)
	return out
}

// Take accepts what Luscii answered to a write or a re-read.
func (b *Board) Take(a triage.Alert) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	day := b.mirror[a.ID].Day
	if day == "" {
		day = triage.DayOf(a.CreatedAt, time.UTC)
	}
	if a.UpdatedAt.Before(b.mirror[a.ID].UpdatedAt) {
		return // an answer that was long on its way (R13)
	}
	b.merge(a, day, now)
	b.publish(now)
}

// merge takes one row into the mirror, unless what is there was confirmed since
// the request that brought the row began, and the row isn't newer by its own
// account (R13). That it is as new is not enough: Luscii's times are whole
// seconds, in which an alert may change twice. The lock is held.
func (b *Board) merge(a triage.Alert, day triage.Day, begun time.Time) {
	was, known := b.mirror[a.ID]
	if known && !begun.After(was.ConfirmedAt) && !a.UpdatedAt.After(was.UpdatedAt) {
		return
	}
	if known && begun.Before(was.ConfirmedAt) {
		begun = was.ConfirmedAt
	}
	b.mirror[a.ID] = triage.Entry{Alert: a, Day: day, ConfirmedAt: begun}
}

// publish freezes what is known and swaps it in. The lock is held.
func (b *Board) publish(now time.Time) {
	b.dawn(now)
	older, newer := b.current.Load(), b.freeze(now)
	newer.Version = older.Version + 1
	b.current.Store(newer)
	if b.onChange == nil {
		return
	}
	if delta := triage.Diff(older, newer); !delta.Empty() {
		b.onChange(delta)
	}
}

// freeze makes a snapshot of what is known, without a version. The lock is
// held, or nobody else knows the Board yet.
func (b *Board) freeze(now time.Time) *triage.Snapshot {
	s := triage.Snapshot{Started: b.started, Interval: b.interval, Today: b.today(now), LastError: b.lastErr}
	for _, day := range b.days(now) {
		s.Days = append(s.Days, triage.DayState{Day: day, ConfirmedAt: b.confirmed[day]})
	}
	for _, e := range b.mirror {
		if e.Status != triage.StatusProcessed {
			s.Entries = append(s.Entries, e)
		}
	}
	return s.Freeze()
}

// today is the date of now in UTC and in the shown zone: which of the two the
// API's filter goes by isn't documented, so around midnight both are polled.
func (b *Board) today(now time.Time) []triage.Day {
	utc, local := triage.DayOf(now, time.UTC), triage.DayOf(now, b.zone)
	switch {
	case utc == local:
		return []triage.Day{utc}
	case utc > local:
		return []triage.Day{utc, local}
	}
	return []triage.Day{local, utc}
}

// days is the window, newest first.
func (b *Board) days(now time.Time) []triage.Day {
	today := b.today(now)
	last := today[len(today)-1].Add(-b.window)
	var days []triage.Day
	for d := today[0]; d >= last; d = d.Add(-1) {
		days = append(days, d)
	}
	return days
}
