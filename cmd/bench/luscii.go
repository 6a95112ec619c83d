package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"triageboard/internal/program"
)

// sandboxed is a simulated Luscii, and a clinician who sees and may do everything.
type sandboxed struct {
	*program.Sandbox
	admin program.Persona
}

// hospital is how large a sandbox is.
type hospital struct {
	patients, open int
	alerts         int    // of 30 days; 0: as many as such patients have
	arrivals       string // rate
	state          string // journal file; empty: none
}

func (b *bench) startSandbox(ctx context.Context, h hospital) (*sandboxed, error) {
	s, err := program.StartSandbox(ctx, b.program, b.dir,
		"--patients", strconv.Itoa(h.patients), "--open", strconv.Itoa(h.open), "--alerts", strconv.Itoa(h.alerts),
		"--arrivals", h.arrivals, "--state", h.state)
	if err != nil {
		return nil, err
	}
	admin, err := s.Persona(ctx, program.Admin)
	if err != nil {
		return nil, program.StopAfter(err, s.Process)
	}
	return &sandboxed{s, admin}, nil
}

// arrive sets the rate at which new alerts arrive.
func (s *sandboxed) arrive(ctx context.Context, rate string) error {
	return s.SetFaults(ctx, fmt.Sprintf(`{"arrivals":%q}`, rate))
}

// dashboard is the program that is measured, while it runs.
type dashboard struct {
	*program.Process
	url string
}

// usage is what it has used so far.
func (d *dashboard) usage() usage { return usageOf(d.Pid()) }

// boardSettings say how a board is run.
type boardSettings struct {
	dir      string // for its database
	upstream string // the Luscii's address
	key      string
	rps      int
	poll     time.Duration
	address  string // empty: any free one
}

func (b *bench) startBoard(ctx context.Context, s boardSettings) (*dashboard, error) {
	if s.address == "" {
		var err error
		if s.address, err = program.FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	p, err := program.Start(ctx, s.dir, []string{
		"LUSCII_BASE_URL=" + s.upstream, "LUSCII_API_KEY=" + s.key, "LUSCII_MAX_RPS=" + strconv.Itoa(s.rps),
		"DASHBOARD_ADDR=" + s.address, "DASHBOARD_DATABASE_URL=sqlite:" + filepath.Join(s.dir, "board.db"),
		"DASHBOARD_POLL_INTERVAL=" + s.poll.String(),
	}, b.program)
	if err != nil {
		return nil, err
	}
	return &dashboard{Process: p, url: "http://" + s.address}, nil
}

var boardSays = regexp.MustCompile(`^Triage Board: \S+$`)

// ready waits until the board answers.
func (d *dashboard) ready(ctx context.Context) error {
	_, err := d.Await(ctx, boardSays)
	return err
}

// remove drops a folder that isn't needed any more: databases are large.
func remove(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
