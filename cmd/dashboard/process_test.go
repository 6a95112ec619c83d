package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startWithin is how long a started program may take to say that it is up.
	startWithin = 20 * time.Second
	// endWithin is how long it may take to end when asked to.
	endWithin = 5 * time.Second
	// raceOptions spare each process the second a race detector waits at exit
	// for reports of other processes.
	raceOptions = "GORACE=atexit_sleep_ms=0"
)

// process is the program under test, running.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
	failure        error // how it ended; only once ended is closed
}

// launch starts `dashboard args…` in dir. The environment is env alone, with
// what any program needs.
func launch(dir string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command("dashboard", args...), ended: make(chan struct{})}
	p.stdout.grown, p.stderr.grown = make(chan struct{}), make(chan struct{})
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), raceOptions, tied + "=yes"}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if _, err := p.cmd.StdinPipe(); err != nil { // open until Wait, or our own end
		return nil, fmt.Errorf("tie the program to the tests: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	go func() {
		p.failure = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// await waits for a whole line on stdout that the pattern matches, and answers
// its groups. It fails when the program ends before.
func (p *process) await(pattern string) ([]string, error) {
	re, err := regexp.Compile(`(?m)` + pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern of a line: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		lines, grown := p.stdout.lines()
		if found := re.FindStringSubmatch(lines); found != nil {
			return found, nil
		}
		select {
		case <-grown:
		case <-p.ended:
			if lines, _ := p.stdout.lines(); re.MatchString(lines) {
				return re.FindStringSubmatch(lines), nil
			}
			return nil, fmt.Errorf("the program ended (%w) before it said %q:\n%s", p.failure, pattern, p.stderr.String())
		case <-ctx.Done():
			return nil, fmt.Errorf("the program hasn't said %q within %s:\n%s", pattern, startWithin, lines)
		}
	}
}

// signal sends one to the program.
func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("send %s: %w", s, err)
	}
	return nil
}

// stop asks the program to end and waits until it has. The error says that it
// took too long, in which case it is killed, or that it didn't exit with 0.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return p.failure
	default:
	}
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	select {
	case <-p.ended:
		return p.failure
	case <-ctx.Done():
		err := p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("still running %s after SIGTERM; killed (%w)", endWithin, err)
	}
}

// output keeps what a process writes, and tells who waits that there is more.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // closed, and replaced, with every write
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(b)
}

// lines is every line that is complete, and what is closed when there is more.
func (o *output) lines() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.String()
	return text[:strings.LastIndexByte(text, '\n')+1], o.grown
}

// String is all that was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
