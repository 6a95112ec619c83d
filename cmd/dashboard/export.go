package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"triageboard/internal/config"
	"triageboard/internal/download"
	"triageboard/internal/export"
	"triageboard/internal/luscii"
	"triageboard/internal/triage"
)

const exportUsage = `dashboard export TYPE|all [--from DATE --to DATE] [--format csv|ndjson|xlsx|parquet] --out FILE|- [--with-bsn] [--partial]

Fetches a report of Luscii's Export API with LUSCII_API_KEY and writes it to a file, or all reports into a folder.
The file appears under its name only when it is complete. What was fetched is kept, sealed, until then: after a
failure the same command goes on where it ended, within a day. Progress is shown on a terminal; elsewhere only
warnings and errors are written.

Exit codes: 0 done; 1 failed, or something is missing, as said; 2 wrong use or settings.

`

// staleAfter is how old what was fetched may be to be gone on with; ours. A report
// should be of one time.
const staleAfter = 24 * time.Hour

// longRange is from how many days on it is said how long it may take; ours.
const longRange = 366

// exportCollectAt is by how much memory may grow, in percent, before what isn't needed
// any more is collected: twice Go's default. Little is held at any time, so collecting
// half as often is a tenth quicker and costs some 15 MB. GOGC goes before.
const exportCollectAt = 200

// exportOrder is one command line, checked.
type exportOrder struct {
	reports []export.Report
	asked   map[export.Type]export.Range
	format  export.Format
	out     string // a file, - or, for all, a folder
	all     bool
	bsn     bool
	partial bool
}

// exportCommand is `dashboard export`: reports as files, for whoever works with
// data.
func exportCommand(ctx context.Context, args []string, env environment) error {
	flags := flag.NewFlagSet("dashboard export", flag.ContinueOnError)
	from := flags.String("from", "", "the first `day`, such as 2026-01-31")
	to := flags.String("to", "", "the last `day`, included")
	format := flags.String("format", "", "csv, ndjson, xlsx or parquet; by itself: the ending of --out, else csv")
	var o exportOrder
	flags.StringVar(&o.out, "out", "", "the `file` to write, which is replaced; - for the output; for all: a folder")
	flags.BoolVar(&o.bsn, "with-bsn", false, "with the citizen service numbers, which are left out otherwise")
	flags.BoolVar(&o.partial, "partial", false, "write what could be fetched even if something is missing, and exit with 1")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), exportUsage, "Reports: ", reportNames(), "\n\n")
		flags.PrintDefaults()
	}
	names, done, err := mixed(flags, args, env)
	if done || err != nil {
		return err
	}
	c, err := load(nil, env)
	if err != nil {
		return err
	}
	err = errors.Join(
		o.choose(names, export.Range{From: *from, To: *to}, time.Now().In(c.Timezone)),
		o.place(*format),
		fromLuscii(c),
	)
	if err != nil {
		return &usageError{err}
	}
	if env.getenv("GOGC") == "" {
		debug.SetGCPercent(exportCollectAt)
	}
	client, err := luscii.New(luscii.Options{
		BaseURL: c.BaseURL.String(), Key: triage.Key(c.APIKey.Reveal()), MaxRPS: c.MaxRPS, Zone: c.Timezone,
	})
	if err != nil {
		return &usageError{err}
	}
	return newExporter(c, env, client, o).run(ctx)
}

// mixed reads flags that may stand before and behind the names.
func mixed(flags *flag.FlagSet, args []string, env environment) (names []string, done bool, err error) {
	flags.SetOutput(env.stderr)
	for {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			return nil, true, nil
		case err != nil:
			return nil, false, &usageError{err}
		case flags.NArg() == 0:
			return names, false, nil
		}
		names, args = append(names, flags.Arg(0)), flags.Args()[1:]
	}
}

func reportNames() string {
	var names []string
	for _, r := range export.Reports() {
		names = append(names, string(r.Type))
	}
	return strings.Join(names, ", ")
}

// choose takes the reports that are named, and the dates for them.
func (o *exportOrder) choose(names []string, asked export.Range, today time.Time) error {
	if len(names) != 1 {
		return fmt.Errorf("name one report, or all; the reports are %s", reportNames())
	}
	o.all = names[0] == "all"
	if o.all {
		o.reports = export.Reports()
	} else if report, ok := export.Lookup(names[0]); ok {
		o.reports = []export.Report{report}
	} else if near, ok := export.Nearest(names[0]); ok {
		return fmt.Errorf("there is no report %q; did you mean %s? The reports are %s", names[0], near.Type, reportNames())
	} else {
		return fmt.Errorf("there is no report %q; the reports are %s", names[0], reportNames())
	}
	o.asked = map[export.Type]export.Range{}
	for _, r := range o.reports {
		dates := asked
		if o.all && r.Dates == export.DatesForbidden {
			dates = export.Range{}
		}
		if err := r.Check(dates, today); err != nil {
			return datesProblem(r, err)
		}
		o.asked[r.Type] = dates.Until(today)
	}
	return nil
}

func datesProblem(r export.Report, err error) error {
	switch {
	case errors.Is(err, export.ErrDatesMissing), errors.Is(err, export.ErrDatesForbidden):
		return fmt.Errorf("--from and --to: %s: %w", r.Type, err)
	default:
		return fmt.Errorf("--from and --to: %w", err)
	}
}

// place checks where the files go, and in which format.
func (o *exportOrder) place(format string) (err error) {
	ending := strings.TrimPrefix(filepath.Ext(o.out), ".")
	switch {
	case format != "":
		if o.format, err = export.ParseFormat(format); err != nil {
			return fmt.Errorf("--format: %w", err)
		}
	case !o.all && slices.Contains(export.Formats(), export.Format(ending)):
		o.format = export.Format(ending)
	default:
		o.format = export.CSV
	}
	switch {
	case o.out == "":
		return errors.New("--out: name the file to write, or - for the output")
	case o.all && o.out == "-":
		return errors.New("--out: all reports need a folder, for they are as many files")
	case o.all || o.out == "-":
		return nil
	}
	switch info, err := os.Stat(o.out); {
	case err != nil: // mostly, there is none yet
	case info.IsDir():
		return fmt.Errorf("--out: %s is a folder", o.out)
	case !info.Mode().IsRegular():
		return fmt.Errorf("--out: %s is no file; take - for the output", o.out)
	}
	if _, err := os.Stat(filepath.Dir(o.out)); err != nil {
		return fmt.Errorf("--out: there is no folder for the file: %w", err)
	}
	return nil
}

// fromLuscii refuses to make files of simulated patients by accident.
func fromLuscii(c config.Config) error {
	if c.APIKey.IsSet() {
		return nil
	}
	return errors.New("LUSCII_API_KEY: not set, and the embedded sandbox isn't exported from; start `dashboard sandbox` " +
		"by itself and name its address in LUSCII_BASE_URL")
}

// inWords makes a failure a sentence for whoever runs the command.
func inWords(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped before the end: %w", err)
	case errors.Is(err, triage.ErrKeyRefused):
		return fmt.Errorf("Luscii doesn't accept LUSCII_API_KEY: %w", err)
	case errors.Is(err, triage.ErrForbidden):
		return fmt.Errorf("the key may not read this report, which takes HC_ADMIN or HC_VIEW_ALL: %w", err)
	case errors.Is(err, export.ErrUnknownReport):
		return fmt.Errorf("this Luscii doesn't know the report: %w", err)
	case errors.Is(err, download.ErrRunning):
		return fmt.Errorf("another export to the same place is running: %w", err)
	case errors.Is(err, export.ErrCellTooLong):
		return fmt.Errorf("%w; what was fetched is kept for the same file", err)
	default:
		return err
	}
}
