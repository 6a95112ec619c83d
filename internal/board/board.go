// Package board turns Luscii's lists into what the clinicians see: it sweeps
// the window day by day, keeps the last known state of every alert in it, and
// publishes an immutable snapshot that readers share without locking. A sweep
// that fails or ends early changes nothing it cannot vouch for: the last good
// board stays, and says how old it is.
//
// Memory holds what is worked on and what was processed today; the mirror, kept
// in storage, holds all of the window and outlives the process.
package board

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"triageboard/internal/triage"
)

// Source lists what Luscii knows. A sequence that ends in an error is
// incomplete: nothing may be concluded from what it lacks. An error in whose
// chain something has the method RetryAfter() time.Duration tells how long
// Luscii asked to be left alone.
type Source interface {
	Alerts(ctx context.Context, from, to triage.Day) iter.Seq2[triage.Alert, error]
	Records(ctx context.Context, id triage.AlertID) iter.Seq2[triage.Record, error]
}

// Mirror keeps the last known state of every alert in the window across
// restarts, and when each day was confirmed.
type Mirror interface {
	// Working is every alert that isn't processed, and those processed since.
	Working(ctx context.Context, since time.Time) ([]triage.Entry, error)
	// Entries is the alerts with these ids, as far as they are known.
	Entries(ctx context.Context, ids []triage.AlertID) ([]triage.Entry, error)
	EntriesOfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error)
	// PutEntries keeps these alerts, each once, as they are now: all or none.
	PutEntries(ctx context.Context, entries []triage.Entry) error
	ConfirmDay(ctx context.Context, day triage.Day, at time.Time) error
	ConfirmedDays(ctx context.Context) (map[triage.Day]time.Time, error)
	// ForgetBefore drops processed alerts, and the confirmations of days that
	// hold no other, from before first.
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
	// OnPublish is called once for each publication, in their order. It may be
	// nil and must not block. Confirmations are publications as well: triage.Diff
	// tells at no cost that nothing else happened.
	OnPublish func(older, newer *triage.Snapshot)
}

// Board is the worklist as it stands. Its methods may be called concurrently.
type Board struct {
	source    Source
	mirror    Mirror
	interval  time.Duration
	window    int
	zone      *time.Location
	log       *slog.Logger
	onPublish func(older, newer *triage.Snapshot)
	started   time.Time
	early     func() float64 // draws by which part a pause is shortened, so that many boards don't beat together

	current atomic.Pointer[triage.Snapshot]
	history *lru.Cache[historyKey, history]
	reading singleflight.Group // of histories
	first   *precedence        // today's listings go before the others
	rereads *rereads

	// mu lets one change happen at a time, from comparing to publishing, and
	// guards what follows. It is held while the mirror is written.
	mu        sync.Mutex
	work      worklist
	days      map[triage.Day]dayState
	filter    filterZone
	polling   []triage.Day // the dates the present round of polls lists as today
	today     []triage.Day // those that count as today in snapshots, newest first
	midnight  time.Time    // the beginning of the shown zone's day: what was processed before isn't in memory
	forgotten triage.Day   // the mirror holds nothing older any more
	alone     time.Time    // until when Luscii asked to be left alone
	causes    map[triage.Day]error
	trouble   error // the failure that was logged last, until no day fails
	unkept    error // why the mirror fails, until it works again
}

// dayState is what the board knows of one day.
type dayState struct {
	confirmed time.Time // when its last complete listing by this process began; zero: none yet
	former    time.Time // the same by a former process
	tried     time.Time // when its last listing began
	failures  int       // in a row
	early     float64   // by which part its next pause is shortened
}

// maxEarly is the most a pause is shortened by, as a part of it; ours.
const maxEarly = 0.1

// New makes a Board of what the mirror kept, marked with its age. It has looked
// at nothing itself yet: Run starts that.
func New(ctx context.Context, o Options) (*Board, error) {
	read, err := lru.New[historyKey, history](historyCacheSize)
	if err != nil {
		return nil, fmt.Errorf("make the history cache: %w", err)
	}
	b := &Board{
		source: o.Source, mirror: o.Mirror, interval: o.Interval, window: o.WindowDays, zone: o.Zone,
		log: o.Logger, onPublish: o.OnPublish, started: time.Now(),
		early:   func() float64 { return maxEarly * rand.Float64() }, //nolint:gosec // spreads load, guards nothing
		history: read,
		first:   newPrecedence(),
		rereads: newRereads(),
		work:    newWorklist(),
		days:    map[triage.Day]dayState{},
		filter:  anyZone(),
		causes:  map[triage.Day]error{},
	}
	b.today, b.midnight = b.filter.today(b.started), b.midnightBefore(b.started)
	b.polling = b.today
	if err := b.restore(ctx); err != nil {
		return nil, fmt.Errorf("load the last board: %w", err)
	}
	first := b.frame()
	first.Entries, first.Processed = b.work.lists(&triage.Snapshot{}, b.midnight)
	b.work.settle()
	first.Version = uint64(b.started.UnixMicro()) // so that versions grow across restarts, too
	b.current.Store(first.Freeze())
	return b, nil
}

// restore loads what the mirror kept. What was confirmed with its day wasn't
// written down each time, so an alert is as old as its day. Nothing was confirmed
// later than now: the former process's clock may have been ahead.
func (b *Board) restore(ctx context.Context) error {
	days, err := b.mirror.ConfirmedDays(ctx)
	if err != nil {
		return err
	}
	entries, err := b.mirror.Working(ctx, b.midnight)
	if err != nil {
		return err
	}
	latest := b.started.Add(-1)
	for day, at := range days {
		b.days[day] = dayState{former: earlier(at, latest)}
	}
	for _, e := range entries {
		if at := days[e.Day]; !e.Missing && at.After(e.ConfirmedAt) {
			e.ConfirmedAt = at
		}
		e.ConfirmedAt = earlier(e.ConfirmedAt, latest)
		b.work.put(e, true)
	}
	return nil
}

func earlier(x, y time.Time) time.Time {
	if y.Before(x) {
		return y
	}
	return x
}

// Snapshot is the board at this moment, never nil.
func (b *Board) Snapshot() *triage.Snapshot { return b.current.Load() }

// Find is the last known state of an alert of any status. Its error is the
// mirror's, which alone knows what was processed before today.
func (b *Board) Find(ctx context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	if e, ok := b.Snapshot().Entry(id); ok {
		return e, true, nil
	}
	b.mu.Lock()
	e, ok := b.work.get(id)
	b.mu.Unlock()
	if ok {
		return e, true, nil
	}
	kept, err := b.mirror.Entries(ctx, []triage.AlertID{id})
	if err != nil {
		return triage.Entry{}, false, fmt.Errorf("find an alert: %w", err)
	}
	if len(kept) == 0 {
		return triage.Entry{}, false, nil
	}
	return kept[0], true, nil
}

// OfPatient is all the window's alerts of one patient, newest first; those of
// one instant in R1's order. Its error is the mirror's.
func (b *Board) OfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error) {
	all, err := b.mirror.EntriesOfPatient(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find a patient's alerts: %w", err)
	}
	b.mu.Lock()
	all = slices.DeleteFunc(all, func(e triage.Entry) bool {
		_, newer := b.work.get(e.ID)
		return newer
	})
	all = append(all, b.work.ofPatient(id)...)
	b.mu.Unlock()
	slices.SortFunc(all, func(x, y triage.Entry) int {
		return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), triage.Compare(x.Alert, y.Alert))
	})
	return all, nil
}
