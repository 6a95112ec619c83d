package sandbox

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"
)

const (
	maxPatients = 100_000 // patient numbers stay unique up to it
	maxAlerts   = 1_000_000

	maxMeasurements = 10_000 // a patient's on a day
)

// Options say which hospital is simulated. They are taken literally: no
// patients means none. Bind fills in the defaults.
type Options struct {
	Seed     uint64
	Patients int    // 0 to 100,000
	Open     int    // about that many open alerts at the start
	Alerts   int    // of the last 30 days at the start, the open ones among them; 0: as many as such patients have
	Arrivals Rate   // how often a new alert arrives while Run runs
	Faults   Faults // in force from the start

	// Measurements is how many a patient makes on a usual day, at most 10,000. They
	// are made up when a report asks for them, so they cost no memory. Those that
	// raised an alert come beside them.
	Measurements float64
	// NewerReports has the two reports served that only a newer page names. Else
	// they are as unknown as they are to an older API.
	NewerReports bool

	// StateFile is the journal's path; empty keeps everything in memory only.
	// It holds the simulated notes and is created with mode 0600.
	StateFile string

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nothing is logged
}

// Bind defines a flag for every option a command line can give and sets the
// defaults. `dashboard sandbox` and DASHBOARD_SANDBOX_OPTIONS share them.
func (o *Options) Bind(fs *flag.FlagSet) {
	fs.Uint64Var(&o.Seed, "seed", 1, "the population's seed; the same seed gives the same people, ids and keys")
	fs.IntVar(&o.Patients, "patients", 300, "number of patients, at most 100000")
	fs.IntVar(&o.Open, "open", 60, "about this many open alerts at the start")
	fs.IntVar(&o.Alerts, "alerts", 0, "number of alerts of the last 30 days at the start, at most 1000000; 0: 14.4 for each patient, as is usual")
	fs.TextVar(&o.Arrivals, "arrivals", Rate{Count: 3, Per: time.Minute}, "new alerts arrive at this rate: 3/m, 10/s, 120/h or 0")
	fs.Float64Var(&o.Measurements, "measurements-a-day", 2, "measurements a patient makes on a usual day, at most 10000; they cost no memory")
	fs.BoolVar(&o.NewerReports, "newer-reports", false, "serve measurementsWithQuestionnaires and measurementsForQuestionnaires too")
	fs.TextVar(&o.Faults, "faults", Faults{}, "what goes wrong, any of: "+Faults{}.usage())
	fs.StringVar(&o.StateFile, "state", "", "journal `file` that keeps the state across restarts; none: memory only")
}

// validate reports everything wrong with the options, joined.
func (o *Options) validate() error {
	var problems []error
	if o.Patients < 0 || o.Patients > maxPatients {
		problems = append(problems, fmt.Errorf("patients: %d is not between 0 and %d", o.Patients, maxPatients))
	}
	if o.Open < 0 || o.Open > maxAlerts {
		problems = append(problems, fmt.Errorf("open: %d is not between 0 and %d", o.Open, maxAlerts))
	}
	if o.Alerts < 0 || o.Alerts > maxAlerts {
		problems = append(problems, fmt.Errorf("alerts: %d is not between 0 and %d", o.Alerts, maxAlerts))
	}
	if o.Alerts > 0 && o.Alerts < o.Open {
		problems = append(problems, fmt.Errorf("alerts: %d are fewer than the %d open ones", o.Alerts, o.Open))
	}
	if (o.Open > 0 || o.Alerts > 0) && o.Patients == 0 {
		problems = append(problems, errors.New("open: alerts need at least one patient"))
	}
	if !(o.Measurements >= 0 && o.Measurements <= maxMeasurements) { // so that NaN is refused too
		problems = append(problems, fmt.Errorf("measurements-a-day: %v is not between 0 and %d", o.Measurements, maxMeasurements))
	}
	if err := o.Arrivals.validate(); err != nil {
		problems = append(problems, fmt.Errorf("arrivals: %w", err))
	}
	if err := o.Faults.validate(); err != nil {
		problems = append(problems, fmt.Errorf("faults: %w", err))
	}
	return errors.Join(problems...)
}

// clock is the options' time.
func (o *Options) clock() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

// total is how many alerts there are at the start.
func (o *Options) total() int {
	if o.Alerts > 0 {
		return o.Alerts
	}
	return max(usualAlerts(o.Patients), o.Open+escalatedAmong(o.Open))
}
