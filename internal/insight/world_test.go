package insight_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

var amsterdam = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}()

// now is a Monday at noon, in Amsterdam.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, amsterdam)

// memory is a store of alerts and audit records in memory.
type memory struct {
	alerts    []triage.Alert
	confirmed map[triage.Day]time.Time
	records   []audit.Record
	reads     [][2]time.Time // what was asked of the mirror
	fails     error
}

// remember is a mirror that was read completely for the last n days.
func remember(n int, alerts ...triage.Alert) *memory {
	m := &memory{confirmed: map[triage.Day]time.Time{}}
	today := triage.DayOf(now, amsterdam)
	for d := range n {
		m.confirmed[today.Add(-d)] = now
	}
	m.keep(alerts...)
	return m
}

func (m *memory) keep(alerts ...triage.Alert) {
	m.alerts = append(m.alerts, alerts...)
	slices.SortStableFunc(m.alerts, func(a, b triage.Alert) int { return a.CreatedAt.Compare(b.CreatedAt) })
}

func (m *memory) AlertsCreated(_ context.Context, from, before time.Time) iter.Seq2[triage.Alert, error] {
	m.reads = append(m.reads, [2]time.Time{from, before})
	return func(yield func(triage.Alert, error) bool) {
		for _, a := range m.alerts {
			if a.CreatedAt.Before(from) || !before.IsZero() && !a.CreatedAt.Before(before) {
				continue
			}
			if !yield(a, nil) {
				return
			}
		}
		if m.fails != nil {
			yield(triage.Alert{}, m.fails)
		}
	}
}

func (m *memory) ConfirmedDays(context.Context) (map[triage.Day]time.Time, error) {
	return m.confirmed, nil
}

func (m *memory) AuditRecords(_ context.Context, f audit.Filter) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		for _, r := range m.records {
			e, err := r.Event()
			if err == nil && (f.Action != e.Action || f.ReopenedSoon != e.Details.ReopenedSoon || e.At.Before(f.From) || !e.At.Before(f.To)) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// insights over a store, at a moment that can be moved.
func insights(store insight.Store, at *time.Time) *insight.Insights {
	return insight.New(insight.Options{Store: store, Zone: amsterdam, Now: func() time.Time { return *at }})
}

// report is what a store's insights say now.
func report(t *testing.T, store insight.Store, q insight.Query) insight.Report {
	t.Helper()
	at := now
	r, err := insights(store, &at).Report(t.Context(), q)
	require.NoError(t, err)
	return r
}

func last(days int) insight.Query { return insight.Query{Period: insight.Last(days, now, amsterdam)} }

var numbered int

// alert is an open one, created at a time of today or so many days before.
func alert(flag triage.Flag, daysAgo int, clock string, change ...func(*triage.Alert)) triage.Alert {
	t, err := time.Parse("15:04:05", clock+":00"[:8-len(clock)])
	if err != nil {
		panic(err)
	}
	numbered++
	a := triage.Alert{
		ID: triage.AlertID(fmt.Sprintf("a-%d", numbered)), Patient: "p-1", Group: "g-copd", Type: triage.TypeMeasurement, Flag: flag, Status: triage.StatusOpen,
		CreatedAt: time.Date(2026, 11, 23-daysAgo, t.Hour(), t.Minute(), t.Second(), 0, amsterdam).UTC(),
	}
	for _, c := range change {
		c(&a)
	}
	return a
}

func of(patient triage.PatientID) func(*triage.Alert) {
	return func(a *triage.Alert) { a.Patient = patient }
}

func in(group triage.GroupID) func(*triage.Alert) { return func(a *triage.Alert) { a.Group = group } }

func sort(kind triage.Type) func(*triage.Alert) { return func(a *triage.Alert) { a.Type = kind } }

func processed(after time.Duration, by triage.HCPID) func(*triage.Alert) {
	return func(a *triage.Alert) {
		a.Status, a.ProcessedAt, a.ProcessedBy = triage.StatusProcessed, a.CreatedAt.Add(after), by
	}
}

func escalated(after time.Duration, by triage.HCPID) func(*triage.Alert) {
	return func(a *triage.Alert) {
		a.Status, a.EscalatedAt, a.EscalatedBy = triage.StatusEscalated, a.CreatedAt.Add(after), by
	}
}
