package main

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

// process is another program, or this one in another role, while it runs.
type process struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	ended  chan struct{}
	result error // how it ended; only once ended is closed

	mu     sync.Mutex
	lines  []string // what it said last on its output
	said   chan struct{}
	stderr tail
}

// start runs a program in dir with env and nothing else of this process's
// environment. It ends when stop is called, at the latest with ctx.
func start(ctx context.Context, dir string, env []string, name string, args ...string) (*process, error) {
	p := &process{ended: make(chan struct{}), said: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, name, args...) //nolint:gosec // the program to measure, and this one
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

func (p *process) listen(output io.Reader) {
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

// await waits for a line that matches, and answers its groups.
func (p *process) await(ctx context.Context, pattern *regexp.Regexp) ([]string, error) {
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

// tell writes a line to the process's input.
func (p *process) tell(line string) error {
	if _, err := io.WriteString(p.input, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.cmd.Path, err)
	}
	return nil
}

// usage is what the process has used so far.
func (p *process) usage() usage { return usageOf(p.cmd.Process.Pid) }

// stop ends the process and waits until it has.
func (p *process) stop() error {
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

func (p *process) failure() error {
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

// freeAddress is a loopback address nobody listens at.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	if err := listener.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), nil
}
