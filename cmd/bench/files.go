package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/luscii"
	"triageboard/internal/program"
	"triageboard/internal/triage"
)

const (
	// fileRows is how many rows are exported at least: as many days of the sandbox's
	// patients as they take.
	fileRows     = 1_000_000
	fileDays     = 30
	filePatients = 2_000
	// fileMemory is how far above an idle program's the resident memory may get; the
	// goal of the issue.
	fileMemory = 64
	// fileRatio is how much longer a file may take than reading its pages alone.
	fileRatio = 1.3
)

// measureFiles writes a month of measurements with `dashboard export`. The baseline
// is to read and decode the same pages with the same client, and drop them.
func measureFiles(ctx context.Context, b *bench) (err error) {
	dir, err := b.folder("files")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := program.StartSandbox(ctx, b.program, dir,
		"--patients", strconv.Itoa(filePatients), "--arrivals", "0", "--measurements-a-day", "20")
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	idle, err := b.idle(ctx)
	if err != nil {
		return err
	}
	yesterday := time.Now().AddDate(0, 0, -1)
	month := export.Range{From: yesterday.AddDate(0, 0, 1-fileDays).Format(time.DateOnly), To: yesterday.Format(time.DateOnly)}
	for _, format := range export.Formats() {
		if err := b.measureFile(ctx, dir, s, month, format, idle); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

// measureFile measures one format. What the issue sets goals for is measured three
// times, each beside its own baseline, and the middle ratio counts: other work on the
// machine comes and goes in the meantime.
func (b *bench) measureFile(ctx context.Context, dir string, s *program.Sandbox, month export.Range, format export.Format, idle usage) error {
	promised := format == export.CSV || format == export.Parquet
	pairs := make([]pair, 1)
	if promised {
		pairs = make([]pair, 3)
	}
	for i := range pairs {
		var err error
		if pairs[i].bare, err = b.readReport(ctx, dir, s, month); err != nil {
			return err
		}
		if rows := pairs[i].bare.rows; rows < fileRows {
			return fmt.Errorf("the sandbox has %d rows, fewer than %d", rows, fileRows)
		}
		if pairs[i].file, err = b.exportFile(ctx, s, month, filepath.Join(dir, "measurements."+string(format))); err != nil {
			return err
		}
	}
	most := slices.MaxFunc(pairs, func(a, b pair) int { return cmp.Compare(a.file.used.residentPeak, b.file.used.residentPeak) }).file.used
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.ratio(), b.ratio()) })
	middle := pairs[len(pairs)/2]

	of := fmt.Sprintf("%d measurements as %s", middle.bare.rows, format)
	took := b.report.add(of, "time", duration(middle.file.took), millis).against(duration(middle.bare.took))
	memory := b.report.add(of, "memory above idle, most at any time",
		measured{most.residentPeak - idle.residentPeak, most.known && idle.known}, megabytes)
	if promised {
		took.ratioAtMost(fileRatio)
		memory.atMost(fileMemory, 0)
	}
	return nil
}

// pair is a file and the reading of its pages alone, one right behind the other.
type pair struct{ bare, file ran }

func (p pair) ratio() float64 { return p.file.took.Seconds() / p.bare.took.Seconds() }

// ran is what a process took.
type ran struct {
	took time.Duration
	used usage // when it was last looked at
	rows int
}

// toItsEnd runs the program to its end, and looks at it meanwhile.
func toItsEnd(ctx context.Context, env []string, name string, args ...string) (ran, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the program that is measured
	cmd.Env, cmd.Stderr = env, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return ran{}, fmt.Errorf("start %s: %w", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var r ran
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			r.took = time.Since(begun)
			if err != nil {
				return ran{}, fmt.Errorf("%s %s: %w\n%s", name, args[0], err, said.String())
			}
			return r, nil
		case <-look.C:
			if u := usageOf(cmd.Process.Pid); u.known {
				r.used = u
			}
		}
	}
}

// idle is the program at rest: as a sandbox of an empty hospital, which does nothing.
func (b *bench) idle(ctx context.Context) (usage, error) {
	dir, err := b.folder("idle")
	if err != nil {
		return usage{}, err
	}
	p, err := program.StartSandbox(ctx, b.program, dir, "--patients", "0", "--open", "0", "--arrivals", "0")
	if err != nil {
		return usage{}, err
	}
	used := usageOf(p.Pid())
	return used, program.StopAfter(nil, p.Process)
}

func (b *bench) exportFile(ctx context.Context, s *program.Sandbox, month export.Range, path string) (ran, error) {
	return toItsEnd(ctx, []string{
		"LUSCII_BASE_URL=" + s.URL, "LUSCII_API_KEY=" + s.ServiceKey, "LUSCII_MAX_RPS=" + strconv.Itoa(unlimited),
		"DASHBOARD_DATABASE_URL=sqlite:" + path + ".db",
	}, b.program, "export", string(export.Measurements), "--from", month.From, "--to", month.To, "--out", path)
}

var readSays = regexp.MustCompile(`^read (\d+) rows in (\d+) ns$`)

func (b *bench) readReport(ctx context.Context, dir string, s *program.Sandbox, month export.Range) (r ran, err error) {
	p, err := program.Start(ctx, dir, nil, b.self, "read-report", s.URL, s.ServiceKey, month.From, month.To)
	if err != nil {
		return ran{}, err
	}
	defer func() { err = program.StopAfter(err, p) }()
	said, err := p.Await(ctx, readSays)
	if err != nil {
		return ran{}, err
	}
	rows, err := strconv.Atoi(said[1])
	if err != nil {
		return ran{}, fmt.Errorf("how many rows were read: %w", err)
	}
	took, err := strconv.ParseInt(said[2], 10, 64)
	if err != nil {
		return ran{}, fmt.Errorf("how long reading took: %w", err)
	}
	return ran{took: time.Duration(took), rows: rows}, nil
}

// readReport is the role of a program that reads measurements day by day, as an
// export does, and does nothing with them.
func readReport(ctx context.Context, args []string, _ <-chan string) error {
	if len(args) != 4 {
		return errors.New("read-report ADDRESS KEY FROM TO")
	}
	client, err := luscii.New(luscii.Options{BaseURL: args[0], Key: triage.Key(args[1]), MaxRPS: unlimited})
	if err != nil {
		return err
	}
	begun := time.Now()
	rows := 0
	whole := export.Range{From: args[2], To: args[3]}
	for i := range whole.Length() {
		day := whole.Day(i)
		asked := export.Request{Type: export.Measurements, Range: export.Range{From: day, To: day}}
		for page, err := range client.Report(ctx, asked) {
			if err != nil {
				return fmt.Errorf("read %s: %w", day, err)
			}
			rows += len(page.Rows)
		}
	}
	fmt.Printf("read %d rows in %d ns\n", rows, time.Since(begun).Nanoseconds())
	return nil
}
