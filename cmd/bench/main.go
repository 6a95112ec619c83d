// Command bench measures the board as it runs: the real program on a real
// sandbox, each a process of its own, under the load of this one. It prints a
// table with absolute figures, beside a baseline measured in the same run, and
// writes the same as JSON.
//
// Absolute times depend on the machine, so they are goals that are reported;
// only ratios, errors and counts make the command fail.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the board's parts are wired here, too
)

// wholeRun bounds everything; ours.
const wholeRun = 20 * time.Minute

// part is one of the things that are measured.
type part struct {
	name  string
	about string
	run   func(ctx context.Context, b *bench) error
}

func parts() []part {
	return []part{
		{"pages", "20 clients load the board of 100, 1,000 and 10,000 open alerts", measurePages},
		{"streams", "50 changes a second, to 100 and 500 event streams", measureStreams},
		{"sweep", "a day of 10,000 and of 100,000 alerts is listed, new and unchanged", measureSweep},
		{"upstream", "requests to Luscii with 1 and with 200 viewers", measureUpstream},
		{"arrival", "a new alert gets onto 20 screens", measureArrival},
		{"actions", "200 alerts are acted on together; an action is accepted", measureActions},
		{"keys", "keys are pressed in a browser that shows 1,000 open alerts; a first visit", measureKeys},
		{"warm", "a start with the last board of 10,000 open alerts", measureWarmStart},
		{"insight", "all figures of 1,000,000 alerts", measureInsights},
		{"export", "a month of a million measurements is written as a file of each format", measureFiles},
		{"staleness", "how old each day's confirmation gets, in simulated time, beside the best any schedule could do", measureStaleness},
	}
}

// role is what this program does as another process of its own, as long as ctx
// lives. It may be given orders meanwhile.
type role func(ctx context.Context, args []string, orders <-chan string) error

func roles() map[string]role {
	return map[string]role{
		"serve-bytes":   serveBytes,
		"serve-streams": serveStreams,
		"serve-copies":  serveCopies,
		"serve-listing": serveListing,
		"sweep-day":     sweepDay,
		"read-report":   readReport,
	}
}

// bench is one run.
type bench struct {
	program string // the real program
	self    string // this one
	dir     string // for databases and recordings, gone afterwards
	report  report
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) > 0 {
		if play, ok := roles()[args[0]]; ok {
			ctx, orders := obey(ctx, os.Stdin)
			return play(ctx, args[1:], orders)
		}
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	program := flags.String("program", "bin/dashboard", "the `file` of the program to measure")
	out := flags.String("json", "test-artifacts/bench.json", "the `file` to write the figures to")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "bench [flags] [part...]: all parts, or those named:")
		for _, p := range parts() {
			fmt.Fprintf(flags.Output(), "  %-10s %s\n", p.name, p.about)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	b, err := newBench(*program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()

	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	begun := time.Now()
	var failures []error
	for _, p := range chosen {
		fmt.Fprintf(os.Stderr, "bench: %s: %s\n", p.name, p.about)
		b.report.begin(p)
		if err := p.run(ctx, b); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", p.name, err))
		}
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
	}
	b.report.Took = time.Since(begun).Round(time.Second).Seconds()
	if err := b.report.print(os.Stdout); err != nil {
		return err
	}
	if err := b.report.write(*out); err != nil {
		return err
	}
	return errors.Join(append(failures, b.report.verdict())...)
}

// choose is the parts with these names; all of them where none is named.
func choose(names []string) ([]part, error) {
	if len(names) == 0 {
		return parts(), nil
	}
	var chosen []part
	for _, name := range names {
		i := slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q; `bench -h` lists them", name)
		}
		chosen = append(chosen, parts()[i])
	}
	return chosen, nil
}

func newBench(program string) (*bench, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("the program isn't built (make build): %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "triage-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	return &bench{program: program, self: self, dir: dir, report: newReport()}, nil
}

// folder is an own folder for one case.
func (b *bench) folder(name string) (string, error) {
	dir, err := os.MkdirTemp(b.dir, strings.ReplaceAll(name, " ", "-")+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder to work in: %w", err)
	}
	return dir, nil
}

// obey is ctx and the orders for this program in another role: the lines of its
// input, which the one who started it holds open while it lives.
func obey(ctx context.Context, input io.Reader) (context.Context, <-chan string) {
	ctx, cancel := context.WithCancel(ctx)
	orders := make(chan string)
	go func() {
		defer cancel()
		for lines := bufio.NewScanner(input); lines.Scan(); {
			select {
			case orders <- lines.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, orders
}
