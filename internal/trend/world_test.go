package trend_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// amsterdam is the zone of the tests; its clocks change.
var amsterdam = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}()

// world is Luscii and the store, both in memory.
type world struct {
	t     *testing.T
	zone  *time.Location
	page  time.Duration // what a page takes
	rows  int           // of a day
	busy  bool
	fails map[triage.Day]error // after the first page
	warns map[triage.Day]bool

	mu    sync.Mutex
	asked []triage.Day
	pages int
	store *memory
}

func newWorld(t *testing.T) *world {
	return &world{t: t, zone: amsterdam, page: time.Second, rows: 60, fails: map[triage.Day]error{}, warns: map[triage.Day]bool{}, store: &memory{days: map[triage.Day]time.Time{}, sheets: map[triage.Day][]trend.Sheet{}}}
}

// in runs a test from a moment on, in a bubble.
func in(t *testing.T, from string, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		at, err := time.ParseInLocation(time.DateTime, from, amsterdam)
		require.NoError(t, err)
		time.Sleep(time.Until(at))
		test(t, newWorld(t))
	})
}

// run fills for a while, as a process of its own.
func (w *world) run(d time.Duration) *trend.Measurements {
	w.t.Helper()
	m := w.open()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	m.Run(ctx)
	return m
}

func (w *world) open() *trend.Measurements {
	w.t.Helper()
	m, err := trend.New(w.t.Context(), trend.Options{
		Store: w.store, Exports: w, Sealer: clear{}, Zone: w.zone, Busy: func() bool { return w.busy }, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(w.t, err)
	return m
}

// took is the days that were asked for since the last time.
func (w *world) took() []triage.Day {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// Report gives pages of fifty rows, four for each patient.
func (w *world) Report(ctx context.Context, r export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		day := triage.Day(r.Range.From)
		w.mu.Lock()
		w.asked = append(w.asked, day)
		w.mu.Unlock()
		if r.Type != export.Measurements || r.Range.To != r.Range.From || r.Range.From > time.Now().In(w.zone).Format(time.DateOnly) {
			yield(export.Page{}, errors.New("asked for what can't be"))
			return
		}
		for from := 0; from == 0 || from < w.rows; from += 50 {
			select {
			case <-ctx.Done():
				yield(export.Page{}, ctx.Err())
				return
			case <-time.After(w.page):
			}
			w.mu.Lock()
			w.pages++
			err := w.fails[day]
			w.mu.Unlock()
			if err != nil && (from > 0 || errors.Is(err, triage.ErrForbidden)) {
				yield(export.Page{}, err)
				return
			}
			page := export.Page{}
			for n := from; n < min(from+50, w.rows); n++ {
				page.Rows = append(page.Rows, row(fmt.Sprint("p", n/4), fmt.Sprintf("%s 0%d:30:00", day, n%4+1), "Heart rate", fmt.Sprint(60+n%40), "", "", ""))
			}
			if w.warns[day] {
				page.Warnings = []export.Warning{{Code: "partial"}}
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// row is one of the report; name and number stand in it, as in Luscii's.
func row(patient, at, name, value, flag, kind, alerted string) export.Row {
	report, _ := export.Lookup(string(export.Measurements))
	r := export.Row{Cells: make([]export.Value, len(report.Columns))}
	for column, text := range map[string]string{
		"Patient_UUID": patient, "First_Name": "Saskia", "Last_Name": "Berg", "Patient_Number": "7001234",
		"Measurement_Date": at, "Measurement_Name": name, "Measurement_Value": value,
		"Alert_Flag": flag, "Alert_Type": kind, "Alert_Created_Date": alerted,
	} {
		r.Cells[report.Index(column)] = export.Value{Text: text, Set: text != ""}
	}
	return r
}

// clear seals nothing, so that a test sees what would be kept.
type clear struct{}

func (clear) Seal(plain []byte, purpose string) []byte { return []byte(purpose + "\n" + string(plain)) }

func (clear) Open(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) <= len(purpose) || string(sealed[:len(purpose)]) != purpose {
		return nil, errors.New("sealed for another purpose")
	}
	return sealed[len(purpose)+1:], nil
}

// memory is a store that outlives a process.
type memory struct {
	mu     sync.Mutex
	days   map[triage.Day]time.Time
	sheets map[triage.Day][]trend.Sheet
	breaks error
}

func (s *memory) ReplaceSheets(_ context.Context, day triage.Day, begun time.Time, sheets []trend.Sheet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.breaks != nil {
		return s.breaks
	}
	s.days[day], s.sheets[day] = begun, slices.Clone(sheets)
	return nil
}

func (s *memory) SheetsOf(_ context.Context, patient triage.PatientID) (all []trend.Sheet, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, day := range slices.Sorted(maps.Keys(s.sheets)) {
		for _, sheet := range s.sheets[day] {
			if sheet.Patient == patient {
				all = append(all, sheet)
			}
		}
	}
	return all, s.breaks
}

func (s *memory) SheetDays(context.Context) (map[triage.Day]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.days), s.breaks
}

func (s *memory) ForgetSheets(_ context.Context, first triage.Day) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for day := range s.days {
		if day < first {
			delete(s.days, day)
			delete(s.sheets, day)
		}
	}
	return nil
}
