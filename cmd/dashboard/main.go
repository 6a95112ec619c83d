// Command dashboard is the Triage Board: the board itself, the sandbox it can
// run on, and the tools around both. It alone wires the packages together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no zone files
)

// version is set when the program is built.
var version = "development"

// The exit codes: 0 done, 1 failed, 2 wrong use or settings.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(program()) }

// program runs once and answers the exit code.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "dashboard:", err)
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is wrong use or wrong settings.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// command is one subcommand.
type command struct {
	name  string
	about string
	run   func(ctx context.Context, args []string, env environment) error
}

// environment is what a subcommand gets from the outside.
type environment struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// commands are the subcommands; serve is what runs without one.
func commands() []command {
	return []command{
		{"serve", "run the board (the default)", serve},
		{"sandbox", "run a simulated Luscii by itself; -h lists its flags", serveSandbox},
		{"export", "write reports of the Export API to files; -h lists the flags", exportCommand},
		{"audit", "verify the audit trail, or export it; -h lists the flags", auditCommand},
		{"healthcheck", "ask the running board whether it lives", healthcheck},
		{"migrate", "bring the database up to date, then end; -h lists its flags", migrate},
		{"config", "print all settings, secrets hidden", printConfig},
		{"version", "print the version", printVersion},
	}
}

// run carries out one command line.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	env := environment{getenv: getenv, stdout: stdout, stderr: stderr}
	name := "serve"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "-h", "--help", "help":
		return help(stdout)
	case "--version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args, env)
		}
	}
	return &usageError{fmt.Errorf("there is no command %q; `dashboard help` lists them", name)}
}
