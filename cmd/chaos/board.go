package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"sync"

	"triageboard/internal/program"
)

// board is the program under test: one process after the other, on the same
// database and at the same address.
type board struct {
	program string
	dir     string
	env     []string
	url     string

	mu      sync.Mutex
	process *program.Process
	up      chan struct{} // closed while it answers
}

// newBoard is a board on that Luscii, with times short enough that many things go
// wrong in a minute.
func newBoard(ctx context.Context, o options, dir string, s *program.Sandbox) (*board, error) {
	address, err := program.FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return &board{
		program: o.program, dir: dir, url: "http://" + address, up: make(chan struct{}),
		env: []string{
			"LUSCII_BASE_URL=" + s.URL, "LUSCII_API_KEY=" + s.ServiceKey, "LUSCII_MAX_RPS=1000",
			"LUSCII_WRITE_TIMEOUT=" + writeTimeout.String(), "LUSCII_WRITE_GRACE=" + writeGrace.String(),
			"DASHBOARD_ADDR=" + address, "DASHBOARD_AUTH=key", "DASHBOARD_POLL_INTERVAL=1s", "DASHBOARD_RETRY_FOR=" + o.retries.String(),
			"DASHBOARD_DATABASE_URL=sqlite:" + filepath.Join(dir, "board.db"),
		},
	}, nil
}

var boardSays = regexp.MustCompile(`^Triage Board: \S+$`)

// start begins a process and waits until it answers.
func (b *board) start(ctx context.Context) error {
	p, err := program.Start(ctx, b.dir, b.env, b.program)
	if err != nil {
		return err
	}
	if _, err := p.Await(ctx, boardSays); err != nil {
		return program.StopAfter(err, p)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.process = p
	close(b.up)
	return nil
}

// kill ends the process as a power cut would.
func (b *board) kill() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up = make(chan struct{})
	p := b.process
	b.process = nil
	return p.Kill()
}

// stop ends it well, if it runs.
func (b *board) stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.process == nil {
		return nil
	}
	p := b.process
	b.process, b.up = nil, make(chan struct{})
	return p.Stop()
}

// awaitUp waits until the board answers.
func (b *board) awaitUp(ctx context.Context) error {
	b.mu.Lock()
	up := b.up
	b.mu.Unlock()
	select {
	case <-up:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// verifyAudit has the program check its own audit trail.
func (b *board) verifyAudit(ctx context.Context) error {
	p, err := program.Start(ctx, b.dir, b.env, b.program, "audit", "verify")
	if err != nil {
		return err
	}
	if err := p.Wait(ctx); err != nil {
		return errors.Join(fmt.Errorf("audit verify: %w", err), p.Stop())
	}
	return nil
}
