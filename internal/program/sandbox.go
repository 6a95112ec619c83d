package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
)

// Sandbox is a simulated Luscii, a process of its own.
type Sandbox struct {
	*Process
	URL        string
	ServiceKey string
}

// Persona is somebody the sandbox gives a key to.
type Persona struct{ Name, Role, Email, Key string }

// SignIn is the persona's sign-in form.
func (p Persona) SignIn() url.Values { return url.Values{"email": {p.Email}, "key": {p.Key}} }

// Admin is the persona who sees and may do everything.
const Admin = "Sanne de Vries"

var (
	sandboxSays = regexp.MustCompile(`^Sandbox \(simulated Luscii\): (\S+)$`)
	serviceSays = regexp.MustCompile(`^  service key +HC_VIEW_ALL +(\S+)$`)
)

// StartSandbox runs `program sandbox` in dir, with these flags, at a free
// loopback port.
func StartSandbox(ctx context.Context, program, dir string, flags ...string) (*Sandbox, error) {
	p, err := Start(ctx, dir, nil, program, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, flags...)...)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{Process: p}
	address, err := p.Await(ctx, sandboxSays)
	if err != nil {
		return nil, StopAfter(err, p)
	}
	service, err := p.Await(ctx, serviceSays)
	if err != nil {
		return nil, StopAfter(err, p)
	}
	s.URL, s.ServiceKey = address[1], service[1]
	return s, nil
}

// Persona is the one of that name, as the sandbox announces it.
func (s *Sandbox) Persona(ctx context.Context, name string) (Persona, error) {
	says, err := regexp.Compile(`^  ` + regexp.QuoteMeta(name) + ` {2,}(HC_\w+) +(\S+) +(\S+)$`)
	if err != nil {
		return Persona{}, fmt.Errorf("find a persona: %w", err)
	}
	found, err := s.Await(ctx, says)
	if err != nil {
		return Persona{}, err
	}
	return Persona{Name: name, Role: found[1], Email: found[2], Key: found[3]}, nil
}

// SetFaults puts faults and the rate of arrivals in force: a JSON object as the
// sandbox's control takes it. {} ends all faults.
func (s *Sandbox) SetFaults(ctx context.Context, object string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/sandbox/faults", bytes.NewReader([]byte(object)))
	if err != nil {
		return fmt.Errorf("set the sandbox's faults: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("set the sandbox's faults: %w", err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("set the sandbox's faults: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("set the sandbox's faults: it answers %s", resp.Status)
	}
	return nil
}
