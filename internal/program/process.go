// Package program runs the dashboard as a user would: as processes, the board and
// the sandbox each of its own. The benchmark and the chaos run stand on it; the
// program itself knows nothing of it.
package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of a process's life; ours.
const (
	startsWithin = 60 * time.Second
	stopsWithin  = 10 * time.Second
	linesKept    = 200
)

// Process is a program while it runs.
type Process struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	ended  chan struct{}
	result error // how it ended; only once ended is closed

	mu     sync.Mutex
	lines  []string // what it said last on its output
	said   chan struct{}
	stderr tail
}

// Start runs a program in dir with env and nothing else of this process's
// environment. It ends when Stop is called, at the latest with ctx.
func Start(ctx context.Context, dir string, env []string, name string, args ...string) (*Process, error) {
	p := &Process{ended: make(chan struct{}), said: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, name, args...) //nolint:gosec // the program whoever calls wants to run
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopsWithin
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}, env...)
	p.cmd.Stderr = &p.stderr
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.listen(output)
		p.result = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *Process) listen(output io.Reader) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		p.mu.Lock()
		if p.lines = append(p.lines, lines.Text()); len(p.lines) > linesKept {
			p.lines = p.lines[1:]
		}
		close(p.said)
		p.said = make(chan struct{})
		p.mu.Unlock()
	}
}

// Await waits for a line that matches, and answers its groups.
func (p *Process) Await(ctx context.Context, pattern *regexp.Regexp) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	for {
		p.mu.Lock()
		said := p.said
		for _, line := range p.lines {
			if found := pattern.FindStringSubmatch(line); found != nil {
				p.mu.Unlock()
				return found, nil
			}
		}
		p.mu.Unlock()
		select {
		case <-said:
		case <-p.ended:
			return nil, fmt.Errorf("%s ended before it said %q: %w\n%s", p.cmd.Path, pattern, p.result, p.stderr.String())
		case <-ctx.Done():
			return nil, fmt.Errorf("%s hasn't said %q: %w\n%s", p.cmd.Path, pattern, ctx.Err(), p.stderr.String())
		}
	}
}

// Tell writes a line to the process's input.
func (p *Process) Tell(line string) error {
	if _, err := io.WriteString(p.input, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.cmd.Path, err)
	}
	return nil
}

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Wait waits until the process has ended by itself. Its error tells with which exit
// code other than 0, and what it said last.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", p.cmd.Path, ctx.Err())
	}
	err := p.failure()
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		err = fmt.Errorf("%w\n%s", err, strings.Join(p.lines, "\n"))
	}
	return err
}

// Stop ends the process and waits until it has.
func (p *Process) Stop() error {
	select {
	case <-p.ended:
		return p.failure()
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.cmd.Path, err)
	}
	timer := time.NewTimer(stopsWithin)
	defer timer.Stop()
	select {
	case <-p.ended:
		return p.failure()
	case <-timer.C:
		err := p.cmd.Process.Kill()
		<-p.ended
		return errors.Join(fmt.Errorf("%s didn't end when asked to, and was killed", p.cmd.Path), err)
	}
}

// Kill ends the process as a power cut would, and waits until it has. Its error
// says that the process had ended by itself.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return errors.Join(fmt.Errorf("kill %s: %w", p.cmd.Path, err), p.failure())
	}
	<-p.ended
	return nil
}

// StopAfter stops processes because of err, or at the end if that is nil.
func StopAfter(err error, processes ...*Process) error {
	errs := []error{err}
	for _, p := range processes {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

// failure is how the process ended; nil: well, or not yet.
func (p *Process) failure() error {
	select {
	case <-p.ended:
	default:
		return nil
	}
	if p.result == nil {
		return nil
	}
	return fmt.Errorf("%s ended with %w\n%s", p.cmd.Path, p.result, p.stderr.String())
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text string
}

const tailKept = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text += string(b)
	t.text = t.text[max(0, len(t.text)-tailKept):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text)
}

// FreeAddress is a loopback address nobody listens at.
func FreeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	if err := listener.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), nil
}
