package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// sandboxed is a simulated Luscii, a process of its own.
type sandboxed struct {
	*process
	url        string
	serviceKey string
	email, key string // of a clinician who sees and may do everything
}

var (
	sandboxSays = regexp.MustCompile(`^Sandbox \(simulated Luscii\): (\S+)$`)
	serviceSays = regexp.MustCompile(`^  service key +HC_VIEW_ALL +(\S+)$`)
	adminSays   = regexp.MustCompile(`^  \S.* +HC_ADMIN +(\S+) +(\S+)$`)
)

// hospital is how large a sandbox is.
type hospital struct {
	patients, open int
	alerts         int    // of 30 days; 0: as many as such patients have
	arrivals       string // rate
	state          string // journal file; empty: none
}

func (b *bench) startSandbox(ctx context.Context, h hospital) (*sandboxed, error) {
	p, err := start(ctx, b.dir, nil, b.program, "sandbox", "--addr", "127.0.0.1:0",
		"--patients", strconv.Itoa(h.patients), "--open", strconv.Itoa(h.open), "--alerts", strconv.Itoa(h.alerts),
		"--arrivals", h.arrivals, "--state", h.state)
	if err != nil {
		return nil, err
	}
	s := &sandboxed{process: p}
	for _, line := range []struct {
		pattern *regexp.Regexp
		into    []*string
	}{{sandboxSays, []*string{&s.url}}, {serviceSays, []*string{&s.serviceKey}}, {adminSays, []*string{&s.email, &s.key}}} {
		found, err := p.await(ctx, line.pattern)
		if err != nil {
			return nil, stopAfter(err, p)
		}
		for i, into := range line.into {
			*into = found[i+1]
		}
	}
	return s, nil
}

// arrive sets the rate at which new alerts arrive.
func (s *sandboxed) arrive(ctx context.Context, rate string) error {
	body := fmt.Sprintf(`{"arrivals":%q}`, rate)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/sandbox/faults", bytes.NewReader([]byte(body)))
	if err != nil {
		return fmt.Errorf("let alerts arrive: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("let alerts arrive: %w", err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("let alerts arrive: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("let alerts arrive: the sandbox answers %s", resp.Status)
	}
	return nil
}

// dashboard is the program that is measured, while it runs.
type dashboard struct {
	*process
	url string
}

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
		if s.address, err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	p, err := start(ctx, s.dir, []string{
		"LUSCII_BASE_URL=" + s.upstream, "LUSCII_API_KEY=" + s.key, "LUSCII_MAX_RPS=" + strconv.Itoa(s.rps),
		"DASHBOARD_ADDR=" + s.address, "DASHBOARD_DATABASE_URL=sqlite:" + filepath.Join(s.dir, "board.db"),
		"DASHBOARD_POLL_INTERVAL=" + s.poll.String(),
	}, b.program)
	if err != nil {
		return nil, err
	}
	return &dashboard{process: p, url: "http://" + s.address}, nil
}

var boardSays = regexp.MustCompile(`^Triage Board: \S+$`)

// ready waits until the board answers.
func (d *dashboard) ready(ctx context.Context) error {
	_, err := d.await(ctx, boardSays)
	return err
}

// stopAfter stops processes because of err, or at the end if that is nil.
func stopAfter(err error, processes ...*process) error {
	errs := []error{err}
	for _, p := range processes {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	return errors.Join(errs...)
}

// remove drops a folder that isn't needed any more: databases are large.
func remove(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
