// Package trend keeps what patients measured in the last month, as the export
// tells it: pseudonymous, sealed, on this machine, so that an alert's value and the
// course before it can be shown without asking Luscii. It fills itself day by day,
// behind everything else that is asked of Luscii, and says what isn't loaded.
//
// Luscii doesn't mean its exports for care: nothing sorts or hides by this.
package trend

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// Days is how many days are kept, today among them; ours.
const Days = 31

// Measurement is one row of the export: neither name nor number of a patient is
// kept of it.
type Measurement struct {
	At    time.Time `json:"at"` // UTC; the export's zone is assumed
	Name  string    `json:"name"`
	Value string    `json:"value"` // as it came: "72", "132/84" or an answer in words; never with a unit
	// The alert it raised; a zero AlertAt: none, or none that says when.
	Flag    triage.Flag `json:"flag,omitzero"`
	Type    triage.Type `json:"type,omitzero"`
	AlertAt time.Time   `json:"alert_at,omitzero"`
}

// Sheet is what one patient measured on one listed day, sealed.
type Sheet struct {
	Patient triage.PatientID
	Day     triage.Day
	Sealed  []byte
}

// Store keeps the sheets. A day is there completely or not at all.
type Store interface {
	// ReplaceSheets puts a day's sheets in the place of those it had: all of them, or
	// none if it fails. begun is when its listing began.
	ReplaceSheets(ctx context.Context, day triage.Day, begun time.Time, sheets []Sheet) error
	// SheetsOf is a patient's, oldest day first.
	SheetsOf(ctx context.Context, patient triage.PatientID) ([]Sheet, error)
	// SheetDays is when the listing of each day that is there began.
	SheetDays(ctx context.Context) (map[triage.Day]time.Time, error)
	// ForgetSheets drops the days before first.
	ForgetSheets(ctx context.Context, first triage.Day) error
}

// Exports gives the pages of a report, as Luscii does.
type Exports interface {
	Report(ctx context.Context, r export.Request) iter.Seq2[export.Page, error]
}

// Sealer seals what is stored; what is sealed for one purpose doesn't open for
// another.
type Sealer interface {
	Seal(plain []byte, purpose string) []byte
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Options are what Measurements are made of.
type Options struct {
	Store   Store
	Exports Exports
	Sealer  Sealer
	Zone    *time.Location // assumed for the export's zoneless times; its midnight ends a day
	Busy    func() bool    // whether alerts are open: only then, or if somebody looks, today is read again
	Log     *slog.Logger
}

// Measurements are those of the last month. Their methods may be called
// concurrently.
type Measurements struct {
	o Options

	mu      sync.Mutex
	loaded  map[triage.Day]time.Time // when each day's listing began
	missing Missing
	looked  time.Time // when somebody last wanted to know
	wake    chan struct{}
}

// Missing says why days can't be loaded at present.
type Missing string

// The reasons.
const (
	NotMissing Missing = ""
	NoRight    Missing = "no_right"  // the key may not read the export, or Luscii doesn't have it
	NoAnswer   Missing = "no_answer" // the last try failed, or gave a part only
)

// Course is what is known of one patient's measurements.
type Course struct {
	Measurements []Measurement // oldest first, each once
	Loaded       map[triage.Day]time.Time
	Today        triage.Day
	Missing      Missing
}

// LoadedN is how many of the month's days are loaded.
func (c Course) LoadedN() int {
	n := 0
	for i := range Days {
		if _, ok := c.Loaded[c.Today.Add(-i)]; ok {
			n++
		}
	}
	return n
}

// AsOf is when the latest day that is loaded was listed; zero: none is.
func (c Course) AsOf() time.Time {
	for i := range Days {
		if at, ok := c.Loaded[c.Today.Add(-i)]; ok {
			return at
		}
	}
	return time.Time{}
}

// New makes Measurements of what is in the store. Run fills it.
func New(ctx context.Context, o Options) (*Measurements, error) {
	loaded, err := o.Store.SheetDays(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which days of measurements are loaded: %w", err)
	}
	for day, at := range loaded {
		if at.After(time.Now()) { // the clock was ahead: nobody can tell what it read
			delete(loaded, day)
		}
	}
	return &Measurements{o: o, loaded: loaded, wake: make(chan struct{}, 1)}, nil
}

// Of is what a patient measured in the last month, as far as it is loaded. It asks
// nothing of Luscii. What was sealed under a key that is gone counts as not there.
func (m *Measurements) Of(ctx context.Context, patient triage.PatientID) (Course, error) {
	now := time.Now()
	c := Course{Today: triage.DayOf(now, m.o.Zone)}
	c.Loaded, c.Missing = m.look(now)
	sheets, err := m.o.Store.SheetsOf(ctx, patient)
	if err != nil {
		return Course{}, fmt.Errorf("read a patient's measurements: %w", err)
	}
	first := c.Today.Add(1 - Days)
	for _, sheet := range sheets {
		if sheet.Day < first {
			continue
		}
		rows, err := m.open(sheet)
		if err != nil {
			m.o.Log.Warn("measurements of a day can't be opened", slog.String("day", string(sheet.Day)), slog.Any("error", err))
			continue
		}
		c.Measurements = append(c.Measurements, rows...)
	}
	c.Measurements = each(c.Measurements)
	return c, nil
}

// Known is how many of the month's days are loaded, and why no more can be at
// present. It costs nothing.
func (m *Measurements) Known() (days int, why Missing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Course{Loaded: m.loaded, Today: triage.DayOf(time.Now(), m.o.Zone)}.LoadedN(), m.missing
}

// look is which days are loaded, and notes that somebody wanted to know.
func (m *Measurements) look(now time.Time) (map[triage.Day]time.Time, Missing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looked = now
	select {
	case m.wake <- struct{}{}:
	default:
	}
	days := make(map[triage.Day]time.Time, len(m.loaded))
	for day, at := range m.loaded {
		days[day] = at
	}
	return days, m.missing
}

// each is measurements by time, those that came twice once: pages may shift while
// they are read, and two days may both list what was measured around midnight.
func each(all []Measurement) []Measurement {
	slices.SortStableFunc(all, func(a, b Measurement) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value),
			a.AlertAt.Compare(b.AlertAt), cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.Type, b.Type))
	})
	return slices.Compact(all)
}

func (m *Measurements) seal(patient triage.PatientID, day triage.Day, rows []Measurement) (Sheet, error) {
	plain, err := json.Marshal(each(rows))
	if err != nil {
		return Sheet{}, fmt.Errorf("encode measurements: %w", err)
	}
	return Sheet{patient, day, m.o.Sealer.Seal(plain, SheetPurpose(patient, day))}, nil
}

func (m *Measurements) open(s Sheet) (rows []Measurement, err error) {
	plain, err := m.o.Sealer.Open(s.Sealed, SheetPurpose(s.Patient, s.Day))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, &rows); err != nil {
		return nil, fmt.Errorf("decode measurements: %w", err)
	}
	return rows, nil
}

// SheetPurpose is what a sheet is sealed for. It names patient and day, so that a
// sheet moved to another row won't open.
func SheetPurpose(patient triage.PatientID, day triage.Day) string {
	return "measurements of " + string(patient) + " on " + string(day)
}
