package board

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// world is a Luscii in which alerts come, change, vanish and come back, and which
// remembers what was true when. It lists in pages, in no order, and fails as it is
// told to.
type world struct {
	zone   *time.Location // by which its filter cuts days
	strict bool           // dates still to come are refused

	mu     sync.Mutex
	alerts []*worldAlert
	trouble
	errs []string // what the board did wrong
}

// worldAlert is an alert and its past.
type worldAlert struct {
	triage.Alert
	day     triage.Day
	present bool
	past    []worldState
}

type worldState struct {
	at      time.Time
	status  triage.Status
	present bool
}

// trouble is how listings fail.
type trouble struct {
	err   error // nil: they don't
	after int   // rows that come before
	day   int   // of which day alone, counted back from today; negative: of all
}

func (w *world) Records(context.Context, triage.AlertID) iter.Seq2[triage.Record, error] {
	return func(func(triage.Record, error) bool) {}
}

func (w *world) Alerts(ctx context.Context, day, _ triage.Day) iter.Seq2[triage.Alert, error] {
	return func(yield func(triage.Alert, error) bool) {
		listed, after, fails := w.list(day)
		for i, a := range listed {
			if i%3 == 0 && !pause(ctx, 700*time.Millisecond) { // a page
				yield(triage.Alert{}, ctx.Err())
				return
			}
			if fails != nil && i >= after {
				break
			}
			w.mu.Lock()
			row, present := a.Alert, a.present
			w.mu.Unlock()
			if present && !yield(row, nil) {
				return
			}
		}
		if fails != nil {
			yield(triage.Alert{}, fails)
		}
	}
}

// list is what a listing begun now holds, and how it will end after how many
// rows; nil: after all of them.
func (w *world) list(day triage.Day) (listed []*worldAlert, rows int, ends error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	today := triage.DayOf(time.Now(), w.zone)
	if w.strict && day > today {
		return nil, 0, triage.ErrRejected
	}
	for _, a := range w.alerts {
		if a.day == day && a.present {
			listed = append(listed, a)
		}
	}
	slices.SortFunc(listed, func(x, y *worldAlert) int { return int(shuffled(x.ID)>>33) - int(shuffled(y.ID)>>33) })
	if w.err != nil && (w.day < 0 || today.Add(-w.day) == day) {
		return listed, w.after, w.err
	}
	return listed, 0, nil
}

var orderSeed = maphash.MakeSeed()

func shuffled(id triage.AlertID) uint64 { return maphash.String(orderSeed, string(id)) }

// create makes an alert.
func (w *world) create() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now().UTC().Truncate(time.Second)
	a := &worldAlert{present: true, day: triage.DayOf(now, w.zone), Alert: triage.Alert{
		ID: triage.AlertID(fmt.Sprintf("a-%02d", len(w.alerts))), Patient: "p-1", Flag: triage.FlagRed,
		Status: triage.StatusOpen, CreatedAt: now, UpdatedAt: now,
	}}
	w.alerts = append(w.alerts, a)
	a.note()
}

func (a *worldAlert) note() {
	a.past = append(a.past, worldState{time.Now(), a.Status, a.present})
}

// nth is one of the alerts; nil: there is none.
func (w *world) nth(n int) *worldAlert {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.alerts) == 0 {
		return nil
	}
	return w.alerts[n%len(w.alerts)]
}

// change puts an alert into a status; false: it is gone. Two changes in one of
// Luscii's seconds can't be told apart by anybody and don't happen here.
func (w *world) change(a *worldAlert, status triage.Status) (triage.Alert, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now().UTC().Truncate(time.Second)
	if !a.present || !now.After(a.UpdatedAt) {
		return a.Alert, false
	}
	a.Status, a.UpdatedAt = status, now
	if status == triage.StatusProcessed {
		a.ProcessedAt, a.ProcessedBy = now, "h-1"
	}
	a.note()
	return a.Alert, true
}

// vanish takes an alert from Luscii's lists, or brings it back.
func (w *world) vanish(a *worldAlert) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.present = !a.present
	a.note()
}

// setTrouble says how listings fail from now on.
func (w *world) setTrouble(t trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = t
}

// openSince reports whether the alert was listed and somebody's work just before
// that moment and at every one since.
func (a *worldAlert) openSince(at time.Time) bool {
	open := false
	for _, s := range a.past {
		works := s.present && s.status != triage.StatusProcessed
		if s.at.Before(at) {
			open = works
		} else if !works {
			return false
		}
	}
	return open
}

// processedSince reports whether the alert was processed after that moment.
func (a *worldAlert) processedSince(at time.Time) bool {
	return slices.ContainsFunc(a.past, func(s worldState) bool {
		return s.status == triage.StatusProcessed && s.at.After(at)
	})
}

func (w *world) wrong(format string, args ...any) {
	w.errs = append(w.errs, time.Now().UTC().Format("02 15:04:05.0 ")+fmt.Sprintf(format, args...))
}

func (w *world) find(id triage.AlertID) *worldAlert {
	return w.alerts[slices.IndexFunc(w.alerts, func(a *worldAlert) bool { return a.ID == id })]
}

// watch is told of each publication and notes every promise it breaks.
func (w *world) watch(older, newer *triage.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nothingDisappears(older, newer, nil)
	for _, d := range slices.Concat(newer.Days, newer.Outside) {
		for _, a := range w.alerts { // R6: what a confirmed day held is there
			if a.day == d.Day && !d.ConfirmedAt.IsZero() && a.openSince(d.ConfirmedAt) {
				if e, ok := newer.Entry(a.ID); !ok || !isWorking(&e) {
					w.wrong("%s is confirmed at %s without %s, open then", d.Day, d.ConfirmedAt.UTC().Format(time.TimeOnly), a.ID)
				}
			}
		}
	}
	now := time.Now() // R12
	if f := newer.Freshness(now, triage.DaysOf(newer.Entries)); f.State == triage.FreshLive {
		if day := triage.DayOf(now.Add(-3*time.Minute), w.zone); !slices.Contains(newer.Today, day) {
			w.wrong("live without polling %s: %s", day, newer.Today)
		}
	}
}

// nothingDisappears: whatever is worked on stays until Luscii says processed.
func (w *world) nothingDisappears(older, newer *triage.Snapshot, but []triage.AlertID) {
	for _, e := range older.Entries {
		is, ok := newer.Entry(e.ID)
		if (!ok || !isWorking(&is)) && !w.find(e.ID).processedSince(e.UpdatedAt) && !slices.Contains(but, e.ID) {
			w.wrong("%s has disappeared", e.ID)
		}
	}
}

// compare notes where the board isn't what Luscii says, now that it had the time
// to become so. known is what was worked on before.
func (w *world) compare(s *triage.Snapshot, known []*triage.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	since := s.Days[len(s.Days)-1].Day
	midnight := now.Truncate(24 * time.Hour)
	for _, a := range w.alerts {
		e, shown := s.Entry(a.ID)
		lookedAt := a.day >= since || slices.ContainsFunc(known, func(e *triage.Entry) bool { return e.ID == a.ID })
		processedToday := a.Status == triage.StatusProcessed && !a.ProcessedAt.Before(midnight)
		switch {
		case !lookedAt:
		case !a.present:
			if shown && !e.Missing {
				w.wrong("%s is missing, and not said to be", a.ID)
			}
		case a.Status != triage.StatusProcessed || processedToday && a.day >= since:
			if !shown || e.Alert != a.Alert || e.Missing || e.Day != a.day {
				w.wrong("%s should be %+v, is %+v", a.ID, a.Alert, e)
			}
		case a.Status == triage.StatusProcessed && shown && isWorking(&e):
			w.wrong("%s should be processed", a.ID)
		}
	}
	f := s.Freshness(now, triage.DaysOf(s.Entries))
	if !f.Complete() || s.LastError != nil {
		w.wrong("neither live nor complete: %+v", f)
	}
}

func (w *world) report() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.errs, "\n")
}
