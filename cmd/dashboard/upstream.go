package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"triageboard/internal/auth"
	"triageboard/internal/config"
	"triageboard/internal/sandbox"
	"triageboard/internal/telemetry"
	"triageboard/internal/triage"
)

// upstream is the Luscii the board runs on: the real one, or the embedded
// sandbox behind real HTTP on a loopback port. Only here can they be told
// apart.
type upstream struct {
	baseURL    string
	serviceKey triage.Key
	personas   []auth.Persona
	run        func(context.Context) // lives beside the board until ctx ends
	close      func() error
}

// upstreamName is what a database is bound to. The sandbox's address changes from
// one start to the next, its name doesn't.
func upstreamName(c config.Config) string {
	if c.Sandbox {
		return "sandbox"
	}
	return c.BaseURL.String()
}

// openUpstream prepares the upstream the settings ask for.
func openUpstream(c config.Config, log *slog.Logger, stdout io.Writer) (*upstream, error) {
	if !c.Sandbox {
		return &upstream{
			baseURL: c.BaseURL.String(), serviceKey: triage.Key(c.APIKey.Reveal()),
			run: func(context.Context) {}, close: func() error { return nil },
		}, nil
	}

	flags := flag.NewFlagSet("DASHBOARD_SANDBOX_OPTIONS", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var o sandbox.Options
	o.Bind(flags)
	if err := flags.Set("state", c.DatabaseFile()+".ndjson"); err != nil {
		return nil, fmt.Errorf("place the sandbox's state: %w", err)
	}
	if err := flags.Parse(strings.Fields(c.SandboxOptions)); err != nil {
		return nil, &usageError{fmt.Errorf("DASHBOARD_SANDBOX_OPTIONS: %w", err)}
	}
	if flags.NArg() > 0 {
		return nil, &usageError{fmt.Errorf("DASHBOARD_SANDBOX_OPTIONS: %q is not a flag", flags.Arg(0))}
	}
	o.Logger = log
	running, err := startSandbox(o, "127.0.0.1:0", log)
	if err != nil {
		return nil, err
	}
	if err := running.announce(stdout); err != nil {
		return nil, errors.Join(err, running.close())
	}
	up := &upstream{
		baseURL: running.url, serviceKey: triage.Key(running.sandbox.ServiceKey()),
		run: running.run, close: running.close,
	}
	if c.Auth == config.AuthSandbox {
		for _, p := range running.sandbox.Personas() {
			up.personas = append(up.personas, persona(p))
		}
	}
	return up, nil
}

// persona puts a persona of the sandbox in the board's terms.
func persona(p sandbox.Persona) auth.Persona {
	return auth.Persona{
		HCP: triage.HCP{
			ID: triage.HCPID(p.ID), LastName: p.Name, Email: p.Email, Role: triage.ParseRole(p.Role),
			Active: true, Groups: strings.Join(p.Groups, ", "),
		},
		Key: triage.Key(p.Key),
	}
}

// runningSandbox is a sandbox that answers at url.
type runningSandbox struct {
	sandbox *sandbox.Sandbox
	url     string
	log     *slog.Logger
	server  *http.Server
	served  chan error
}

// startSandbox makes a sandbox and serves it at addr.
func startSandbox(o sandbox.Options, addr string, log *slog.Logger) (*runningSandbox, error) {
	sb, err := sandbox.New(o)
	if err != nil {
		return nil, &usageError{fmt.Errorf("sandbox: %w", err)}
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the sandbox: %w", err), sb.Close())
	}
	s := &runningSandbox{
		sandbox: sb, url: "http://" + listener.Addr().String(), log: log,
		server: newHTTPServer(sb.Handler(), log), served: make(chan error, 1),
	}
	go func() { s.served <- s.server.Serve(listener) }()
	return s, nil
}

// run lets alerts arrive until ctx ends.
func (s *runningSandbox) run(ctx context.Context) {
	if err := s.sandbox.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("no more alerts arrive in the sandbox", slog.Any("error", err))
	}
}

// close ends serving, then closes the state file.
func (s *runningSandbox) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.sandbox.Close())
}

// announce prints the sandbox's address and keys.
func (s *runningSandbox) announce(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Sandbox (simulated Luscii): %s\n", s.url)
	fmt.Fprintf(table, "  service key\tHC_VIEW_ALL\t%s\n", s.sandbox.ServiceKey())
	for _, p := range s.sandbox.Personas() {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", p.Name, p.Role, p.Email, p.Key)
	}
	return table.Flush()
}

// serveSandbox runs a sandbox by itself until ctx ends.
func serveSandbox(ctx context.Context, args []string, env environment) error {
	flags := flag.NewFlagSet("dashboard sandbox", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	addr := flags.String("addr", "127.0.0.1:9090", "host:port to listen on")
	var o sandbox.Options
	o.Bind(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return &usageError{err}
	}
	if err := noArguments(flags.Args()); err != nil {
		return err
	}
	log := telemetry.NewLogger(env.stderr, slog.LevelInfo)
	o.Logger = log
	s, err := startSandbox(o, *addr, log)
	if err != nil {
		return err
	}
	if err := s.announce(env.stdout); err != nil {
		return errors.Join(err, s.close())
	}
	s.run(ctx)
	<-ctx.Done()
	return s.close()
}
