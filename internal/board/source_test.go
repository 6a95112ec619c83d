package board

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/triage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what a listing gives: rows, and how it ends.
type answer struct {
	rows  []triage.Alert
	err   error         // nil: complete
	takes time.Duration // from the request to the rows, which are those of the request
	each  time.Duration // from one row to the next
}

// call is one listing as it was asked for.
type call struct {
	day    triage.Day
	at     time.Time
	urgent bool
}

// source is a Luscii that is told, day by day, what to answer. A day nobody
// spoke of is empty.
type source struct {
	mu      sync.Mutex
	days    map[triage.Day]answer
	down    error // if set, how every listing ends, without a row
	calls   []call
	yielded int // rows handed over so far

	records      map[triage.AlertID][]triage.Record
	recordsErr   error // how the records end
	recordsCalls int
	recordsCtx   context.Context // of the last call
	reading      chan struct{}   // records are given once it is closed; nil: at once
}

func newSource() *source {
	return &source{days: map[triage.Day]answer{}, records: map[triage.AlertID][]triage.Record{}}
}

// Alerts notes the call when the listing is begun and answers what was set then.
func (s *source) Alerts(ctx context.Context, from, to triage.Day) iter.Seq2[triage.Alert, error] {
	return func(yield func(triage.Alert, error) bool) {
		a := s.begin(ctx, from, to)
		if a.takes > 0 && !pause(ctx, a.takes) {
			yield(triage.Alert{}, ctx.Err())
			return
		}
		for _, row := range a.rows {
			s.mu.Lock()
			s.yielded++
			s.mu.Unlock()
			if !yield(row, nil) {
				return
			}
			if a.each > 0 && !pause(ctx, a.each) {
				yield(triage.Alert{}, ctx.Err())
				return
			}
		}
		if a.err != nil {
			yield(triage.Alert{}, a.err)
		}
	}
}

func (s *source) begin(ctx context.Context, from, to triage.Day) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != to {
		return answer{err: fmt.Errorf("the board lists single days, not %s to %s", from, to)}
	}
	s.calls = append(s.calls, call{from, time.Now(), triage.IsUrgent(ctx)})
	if s.down != nil {
		return answer{err: s.down}
	}
	a := s.days[from]
	a.rows = slices.Clone(a.rows)
	return a
}

func (s *source) Records(ctx context.Context, id triage.AlertID) iter.Seq2[triage.Record, error] {
	return func(yield func(triage.Record, error) bool) {
		s.mu.Lock()
		s.recordsCalls++
		s.recordsCtx = ctx
		records, err := slices.Clone(s.records[id]), s.recordsErr
		s.mu.Unlock()
		if s.reading != nil {
			<-s.reading
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(triage.Record{}, err)
		}
	}
}

// set says what a day answers from now on.
func (s *source) set(day triage.Day, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.days[day] = a
}

// fail says how every listing ends from now on; nil: as set.
func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// asked is the days listed so far and forgets them.
func (s *source) asked() []triage.Day {
	s.mu.Lock()
	defer s.mu.Unlock()
	var days []triage.Day
	for _, c := range s.calls {
		days = append(days, c.day)
	}
	s.calls = nil
	return days
}

// askedAt is when a day was listed so far.
func (s *source) askedAt(day triage.Day) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	var at []time.Time
	for _, c := range s.calls {
		if c.day == day {
			at = append(at, c.at)
		}
	}
	return at
}

// The bubbles of synctest begin at midnight UTC of the first of January 2000.
const (
	today     = triage.Day("2000-01-01")
	yesterday = triage.Day("1999-12-31")
	dayBefore = triage.Day("1999-12-30")
)

// made is the moment the tests' alerts were updated last.
var made = time.Date(1999, 12, 31, 22, 30, 0, 0, time.UTC)

// alert is an open red one, updated then. When it was created isn't given, so
// that it teaches nothing of the filter's zone.
func alert(id triage.AlertID) triage.Alert {
	return triage.Alert{ID: id, Patient: "p-1", Group: "g-1", Flag: triage.FlagRed, Type: triage.TypeMeasurement,
		Status: triage.StatusOpen, UpdatedAt: made}
}

// processed is the alert after somebody processed it at that moment.
func processed(a triage.Alert, at time.Time) triage.Alert {
	a.Status, a.ProcessedBy, a.ProcessedAt, a.UpdatedAt = triage.StatusProcessed, "h-1", at, at
	return a
}

// noon lets the bubble's clock get there: today is one date then.
func noon() { time.Sleep(12 * time.Hour) }

// newBoard makes a Board that looks every ten seconds, to the moment, at today
// alone, unless told otherwise. It knows that the filter's zone is UTC.
func newBoard(t *testing.T, s *source, set ...func(*Options)) *Board {
	t.Helper()
	b := newcomer(t, s, set...)
	b.early = func() float64 { return 0 }
	know(b, filterZone{})
	return b
}

// newcomer is a Board as New makes it.
func newcomer(t *testing.T, s *source, set ...func(*Options)) *Board {
	t.Helper()
	o := Options{Source: s, Mirror: newMemory(), Interval: 10 * time.Second, Zone: time.UTC, Logger: discard}
	for _, f := range set {
		f(&o)
	}
	b, err := New(t.Context(), o)
	require.NoError(t, err)
	return b
}

// know makes a Board that hasn't begun know the filter's zone.
func know(b *Board, z filterZone) {
	b.filter = z
	b.today = z.today(b.started)
	b.polling = b.today
	s := b.frame()
	s.Version = b.Snapshot().Version
	b.current.Store(s.FreezeAs(b.Snapshot()))
}

// on keeps the board in this mirror.
func on(m Mirror) func(*Options) { return func(o *Options) { o.Mirror = m } }

// telling collects what each publication changed, if it changed anything.
func telling(told *[]triage.Delta) func(*Options) {
	return func(o *Options) {
		o.OnPublish = func(older, newer *triage.Snapshot) {
			if d := triage.Diff(older, newer); !d.Empty() {
				*told = append(*told, d)
			}
		}
	}
}

// find is what the board knows of an alert.
func find(t *testing.T, b *Board, id triage.AlertID) (triage.Entry, bool) {
	t.Helper()
	e, ok, err := b.Find(t.Context(), id)
	require.NoError(t, err)
	return e, ok
}

func window(days int) func(*Options) { return func(o *Options) { o.WindowDays = days } }

func in(zone *time.Location) func(*Options) { return func(o *Options) { o.Zone = zone } }

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// run runs the Board until the test ends, and waits until it has nothing more to
// do at this moment of the bubble.
func run(t *testing.T, b *Board) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(t.Context())
	}()
	t.Cleanup(func() { <-done }) // the test's context ends before
	synctest.Wait()
}

// pass lets time go by in the bubble, and the Board do what is due then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ids is which alerts a snapshot shows.
func ids(s *triage.Snapshot) []triage.AlertID {
	out := []triage.AlertID{}
	for _, e := range s.Entries {
		out = append(out, e.ID)
	}
	return out
}

// state is the freshness of a page that shows the whole board.
func state(b *Board) triage.FreshnessReport {
	s := b.Snapshot()
	return s.Freshness(time.Now(), triage.DaysOf(s.Entries))
}
