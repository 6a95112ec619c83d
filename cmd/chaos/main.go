// Command chaos makes clinicians work on the real board while its process is
// killed over and over and its Luscii fails, then compares what the board accepted
// with what the sandbox did by its own log: nothing may be lost, and nothing done
// twice (R46). It prints a table and fails when anything is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"triageboard/internal/program"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// options say how large a run is.
type options struct {
	program string
	seed    uint64
	actions int
	kills   int
	within  time.Duration
	retries time.Duration
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var o options
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.StringVar(&o.program, "program", "bin/dashboard", "the `file` of the program")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "what chance follows from, as far as processes allow") //nolint:gosec // a time after 1970
	flags.IntVar(&o.actions, "actions", 1000, "how many actions are to be accepted")
	flags.IntVar(&o.kills, "kills", 50, "how often the board is killed")
	flags.DurationVar(&o.within, "within", 15*time.Minute, "how long it may take in all")
	flags.DurationVar(&o.retries, "retry-for", time.Hour, "how long the board retries; where that is short, actions end as failed, too")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case o.actions < 1 || o.kills < 1 || flags.NArg() > 0:
		return errors.New("at least one action and one kill, and no arguments")
	}
	var err error
	if o.program, err = filepath.Abs(o.program); err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.within)
	defer cancel()
	out, err := o.wreak(ctx)
	if err != nil {
		return err
	}
	if err := out.print(stdout); err != nil {
		return err
	}
	if !out.ok() {
		return errors.New("something is wrong: see above")
	}
	return nil
}

// wreak makes one run, from an empty database to the verdict.
func (o options) wreak(ctx context.Context) (out outcome, err error) {
	dir, err := os.MkdirTemp("", "triage-chaos-")
	if err != nil {
		return outcome{}, fmt.Errorf("make a folder to work in: %w", err)
	}
	defer func() {
		if err == nil && out.ok() {
			err = os.RemoveAll(dir)
		} else {
			fmt.Fprintln(os.Stderr, "chaos: the database and the sandbox's log are kept in", dir)
		}
	}()
	sandbox, err := program.StartSandbox(ctx, o.program, dir,
		"--seed", strconv.FormatUint(o.seed, 10), "--patients", "200", "--open", "300", "--arrivals", "0", "--state", filepath.Join(dir, "sandbox.ndjson"))
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = program.StopAfter(err, sandbox.Process) }()
	b, err := newBoard(ctx, o, dir, sandbox)
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	if err := b.start(ctx); err != nil {
		return outcome{}, err
	}

	begun := time.Now()
	u := &upheaval{
		seed: o.seed, actions: o.actions, kills: o.kills, sandbox: sandbox, board: b,
		ledger: newLedger(), turns: make(chan struct{}), troubles: map[string]int{},
	}
	if err := u.run(ctx); err != nil {
		return outcome{}, err
	}
	log, actions, err := u.aftermath(ctx)
	if err != nil {
		return outcome{}, err
	}
	out = outcome{
		seed: o.seed, kills: u.killed, accepted: u.ledger.count(), answers: u.ledger.answers, troubles: u.troubles,
		findings: compare(u.ledger.attempts, log, actions),
	}
	if out.mishaps, err = mishaps(ctx, sandbox); err != nil {
		return outcome{}, err
	}
	if err := b.stop(); err != nil {
		return outcome{}, err
	}
	out.audit = b.verifyAudit(ctx)
	out.took = time.Since(begun)
	return out, nil
}
