package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"triageboard/internal/config"
)

// TestScripts runs testdata/script/*.txtar against the real program. Beside
// testscript's own commands they have:
//
//	start NAME [ARG…]        run dashboard in the background
//	await NAME PATTERN [VAR] wait for a line on its stdout; VAR takes the first group
//	end NAME                 send SIGTERM; it must exit with 0 within five seconds.
//	                         Its output is then there for stdout and stderr
//	interrupt NAME CODE      send SIGTERM; it must exit with the code within five
//	                         seconds. Its output is then there
//	crash NAME               send SIGKILL
//	appears FILE             wait for a file that isn't empty
//	exits CODE [ARG…]        run dashboard; it must exit with the code
//	answers URL STATUS [PATTERN]  GET it, with $KEY if that is set; the body must match
//	signin URL PERSONA STATUS     POST a sign-in
//	mode FILE PERM           the file must have these permissions
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Values[startedKey{}] = map[string]*process{}
			e.Vars = append(e.Vars, raceOptions, "DASHBOARD_ADDR=127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":     startCommand,
			"await":     awaitCommand,
			"end":       endCommand,
			"interrupt": interruptCommand,
			"crash":     crashCommand,
			"appears":   appearsCommand,
			"exits":     exitsCommand,
			"answers":   answersCommand,
			"mode":      modeCommand,
			"signin":    signInCommand,
		},
	})
}

// startedKey is under which a script keeps the programs it started, by name.
type startedKey struct{}

func started(ts *testscript.TestScript) map[string]*process {
	return ts.Value(startedKey{}).(map[string]*process)
}

func startCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start NAME [ARG…]")
	}
	p, err := launch(ts.MkAbs("."), settingsOf(ts), args[1:]...)
	ts.Check(err)
	started(ts)[args[0]] = p
	ts.Defer(func() {
		if err := p.stop(); err != nil {
			ts.Logf("%s: %v\n%s", args[0], err, p.stderr.String())
		}
	})
}

// settingsOf is every setting the script's environment holds.
func settingsOf(ts *testscript.TestScript) []string {
	var env []string
	for _, s := range config.Settings() {
		for _, name := range []string{s.Name, s.Name + "_FILE"} {
			if value := ts.Getenv(name); value != "" {
				env = append(env, name+"="+value)
			}
		}
	}
	return env
}

func running(ts *testscript.TestScript, name string) *process {
	p := started(ts)[name]
	if p == nil {
		ts.Fatalf("nothing was started as %q", name)
	}
	return p
}

func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await NAME PATTERN [VAR]")
	}
	found, err := running(ts, args[0]).await(args[1])
	ts.Check(err)
	if len(args) == 3 {
		ts.Setenv(args[2], found[1])
	}
}

func endCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: end NAME")
	}
	p := running(ts, args[0])
	err := p.stop()
	fmt.Fprint(ts.Stdout(), p.stdout.String())
	fmt.Fprint(ts.Stderr(), p.stderr.String())
	ts.Check(err)
}

func interruptCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: interrupt NAME CODE")
	}
	p := running(ts, args[0])
	err := p.stop()
	fmt.Fprint(ts.Stdout(), p.stdout.String())
	fmt.Fprint(ts.Stderr(), p.stderr.String())
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[1] {
		ts.Fatalf("%s ends with %v, not %s", args[0], err, args[1])
	}
}

func crashCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crash NAME")
	}
	p := running(ts, args[0])
	ts.Check(p.signal(syscall.SIGKILL))
	<-p.ended
}

// appearsCommand looks again and again: no other process tells what it writes.
func appearsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appears FILE")
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.After(startWithin); ; {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-look.C:
		case <-end:
			ts.Fatalf("%s hasn't appeared within %s", args[0], startWithin)
		}
	}
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exits CODE [ARG…]")
	}
	code := 0
	err := ts.Exec("dashboard", args[1:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("dashboard exits with %d, not %s", code, args[0])
	}
}

func answersCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: answers URL STATUS [PATTERN]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	ts.Check(err)
	if key := ts.Getenv("KEY"); key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := freshConnections.RoundTrip(req) // a redirect is an answer, too
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if strconv.Itoa(resp.StatusCode) != args[1] {
		ts.Fatalf("%s answers %s, not %s:\n%s", args[0], resp.Status, args[1], body)
	}
	if len(args) == 3 && !regexp.MustCompile(args[2]).Match(body) {
		ts.Fatalf("%s doesn't answer %q but:\n%s", args[0], args[2], body)
	}
}

func signInCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: signin URL PERSONA STATUS")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, args[0], strings.NewReader(url.Values{"persona": {args[1]}}.Encode()))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := freshConnections.RoundTrip(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if strconv.Itoa(resp.StatusCode) != args[2] {
		ts.Fatalf("%s answers %s, not %s", args[0], resp.Status, args[2])
	}
}

func modeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE PERM")
	}
	want, err := strconv.ParseUint(args[1], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if info.Mode().Perm() != fs.FileMode(want) {
		ts.Fatalf("%s has mode %04o, not %s", args[0], info.Mode().Perm(), args[1])
	}
}
