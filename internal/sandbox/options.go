package sandbox

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"
)

// maxPatients bounds Options.Patients; patient numbers stay unique up to it.
const maxPatients = 100_000

// Options say which hospital is simulated. They are taken literally: no
// patients means none. Bind fills in the defaults.
type Options struct {
	Seed     uint64
	Patients int    // 0 to 100,000
	Open     int    // about that many open alerts at the start
	Arrivals Rate   // how often a new alert arrives while Run runs
	Faults   Faults // in force from the start

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
	fs.TextVar(&o.Arrivals, "arrivals", Rate{Count: 3, Per: time.Minute}, "new alerts arrive at this rate: 3/m, 10/s, 120/h or 0")
	fs.TextVar(&o.Faults, "faults", Faults{}, "what goes wrong: latency=200ms,jitter=50ms,errors=0.2,malformed=0.05,down,only=reads|writes")
	fs.StringVar(&o.StateFile, "state", "", "journal `file` that keeps the state across restarts; none: memory only")
}

// validate reports everything wrong with the options, joined.
func (o *Options) validate() error {
	var problems []error
	if o.Patients < 0 || o.Patients > maxPatients {
		problems = append(problems, fmt.Errorf("patients: %d is not between 0 and %d", o.Patients, maxPatients))
	}
	if o.Open < 0 {
		problems = append(problems, fmt.Errorf("open: %d is negative", o.Open))
	}
	if o.Open > 0 && o.Patients == 0 {
		problems = append(problems, errors.New("open: alerts need at least one patient"))
	}
	if err := o.Arrivals.validate(); err != nil {
		problems = append(problems, fmt.Errorf("arrivals: %w", err))
	}
	if err := o.Faults.validate(); err != nil {
		problems = append(problems, fmt.Errorf("faults: %w", err))
	}
	return errors.Join(problems...)
}

// clock is the options' time as the API gives it: UTC, whole seconds.
func (o *Options) clock() func() time.Time {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return func() time.Time { return now().UTC().Truncate(time.Second) }
}
