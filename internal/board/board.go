// Package board turns Luscii's lists into what the clinicians see: it sweeps
// the window day by day, keeps the last known state of every alert in it, and
// publishes an immutable snapshot that readers share without locking. A sweep
// that fails or ends early changes nothing it cannot vouch for: the last good
// board stays, and says how old it is.
package board

import (
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

// Mirror keeps the last known state of every alert in the window across
// restarts. The board holds in memory what is worked on and what was processed
// today; the rest it asks of the mirror.
type Mirror interface {
	// Working is every alert that isn't processed, and those processed since.
	Working(ctx context.Context, since time.Time) ([]triage.Entry, error)
	// Entries is the alerts with these ids, as far as they are known.
	Entries(ctx context.Context, ids []triage.AlertID) ([]triage.Entry, error)
	EntriesOfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error)
	PutEntries(ctx context.Context, entries []triage.Entry) error
	ConfirmDay(ctx context.Context, day triage.Day, at time.Time) error
	ConfirmedDays(ctx context.Context) (map[triage.Day]time.Time, error)
	// ForgetBefore drops processed alerts and confirmations from before first.
	ForgetBefore(ctx context.Context, first triage.Day) error
}

// Options are what a Board is made of.
type Options struct {
	Source     Source
	Mirror     Mirror
	Interval   time.Duration  // between two polls of today
	WindowDays int            // how many days before today are looked at
	Zone       *time.Location // the zone times are shown in: its midnight ends "today" for processed alerts
	Logger     *slog.Logger
	OnChange   func(triage.Delta) // told what each publication changed; may be nil, must not block
}

// Board is the worklist as it stands. Its methods may be called concurrently.
type Board struct {
	source   Source
	mirror   Mirror
	interval time.Duration
	window   int
	zone     *time.Location
	log      *slog.Logger
	onChange func(triage.Delta)
	started  time.Time

	current atomic.Pointer[triage.Snapshot]
	history *lru.Cache[historyKey, []triage.Record]

	merging sync.Mutex // one merge at a time, from comparing to publishing

	mu     sync.Mutex                      // guards what follows; never held while waiting
	known  map[triage.AlertID]triage.Entry // what is worked on, and what was processed today
	days   map[triage.Day]dayState
	filter filterZone
	causes map[triage.Day]error // why days failed last, until they succeed
}

// dayState is what the board knows of one day.
type dayState struct {
	confirmed time.Time // when its last complete listing by this process began; zero: none yet
	tried     time.Time // when its last listing began
	failures  int       // in a row
}

// New makes a Board with the state the mirror kept, marked with its age. It has
// looked at nothing itself yet: Run starts that.
func New(ctx context.Context, o Options) (*Board, error) {
	history, err := lru.New[historyKey, []triage.Record](historyCacheSize)
	if err != nil {
		return nil, fmt.Errorf("make the history cache: %w", err)
	}
	b := &Board{
		source: o.Source, mirror: o.Mirror, interval: o.Interval, window: o.WindowDays, zone: o.Zone,
		log: o.Logger, onChange: o.OnChange, started: time.Now(), history: history,
		known:  map[triage.AlertID]triage.Entry{},
		days:   map[triage.Day]dayState{},
		filter: anyZone(),
		causes: map[triage.Day]error{},
	}
	if err := b.restore(ctx); err != nil {
		return nil, fmt.Errorf("load the last board: %w", err)
	}
	first := b.freeze(b.started)
	first.Version = uint64(b.started.UnixMicro()) // so that versions grow across restarts, too
	b.current.Store(first)
	return b, nil
}

// restore loads what the mirror kept. An alert was confirmed with its day, even
// where only a change of it is written down.
func (b *Board) restore(ctx context.Context) error {
	days, err := b.mirror.ConfirmedDays(ctx)
	if err != nil {
		return err
	}
	entries, err := b.mirror.Working(ctx, b.midnight(time.Now()))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if at := days[e.Day]; !e.Missing && at.After(e.ConfirmedAt) {
			e.ConfirmedAt = at
		}
		b.known[e.ID] = e
	}
	return nil
}

// Snapshot is the board at this moment, never nil.
func (b *Board) Snapshot() *triage.Snapshot { return b.current.Load() }

// Find is the last known state of an alert of any status. One that only the
// mirror could tell of is unknown while that can't be read, which is logged.
func (b *Board) Find(id triage.AlertID) (triage.Entry, bool) {
	b.mu.Lock()
	e, ok := b.known[id]
	b.mu.Unlock()
	if ok {
		return e, true
	}
	kept, err := b.mirror.Entries(context.Background(), []triage.AlertID{id})
	if err != nil {
		b.log.Error("the mirror can't be read", slog.Any("error", err))
	}
	if len(kept) == 0 {
		return triage.Entry{}, false
	}
	return kept[0], true
}

// Processed is the alerts processed since the given moment, today's midnight in
// the shown zone at the earliest, in R1's order. One whose processing time Luscii
// doesn't say counts by its last update.
func (b *Board) Processed(since time.Time) []triage.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []triage.Entry
	for _, e := range b.known {
		if e.Status == triage.StatusProcessed && !processedAt(e).Before(since) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(x, y triage.Entry) int { return triage.Compare(x.Alert, y.Alert) })
	return out
}

func processedAt(e triage.Entry) time.Time {
	if e.ProcessedAt.IsZero() {
		return e.UpdatedAt
	}
	return e.ProcessedAt
}

// OfPatient is all the window's alerts of one patient, newest first; those in
// memory alone while the mirror can't be read, which is logged.
func (b *Board) OfPatient(id triage.PatientID) []triage.Entry {
	kept, err := b.mirror.EntriesOfPatient(context.Background(), id)
	if err != nil {
		b.log.Error("the mirror can't be read", slog.Any("error", err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.DeleteFunc(kept, func(e triage.Entry) bool {
		_, newer := b.known[e.ID]
		return newer
	})
	for _, e := range b.known {
		if e.Patient == id {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y triage.Entry) int { return y.CreatedAt.Compare(x.CreatedAt) })
	return all
}

// midnight is when the day of now began in the shown zone.
func (b *Board) midnight(now time.Time) time.Time {
	now = now.In(b.zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, b.zone)
}
