package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runningBoard is a board that runs, beside the Luscii it runs on.
type runningBoard struct {
	*process
	url     string
	sandbox *sandboxAPI
}

// smallHospital is a sandbox with a third of the usual patients, which is read in
// a third of the time, and no alerts arriving.
const smallHospital = "--patients 100 --arrivals 0"

// startBoard runs the board on an embedded smallHospital in an own folder, with no
// limit on reading that would slow a test down; settings ("NAME=value") come on
// top. It must end with 0 when the test does, which it wouldn't after a data race.
func startBoard(t *testing.T, settings ...string) *runningBoard {
	t.Helper()
	return startBoardIn(t, t.TempDir(), settings...)
}

func startBoardIn(t *testing.T, dir string, settings ...string) *runningBoard {
	t.Helper()
	env := append([]string{
		"DASHBOARD_ADDR=127.0.0.1:0", "DASHBOARD_SANDBOX_OPTIONS=" + smallHospital, "LUSCII_MAX_RPS=1000",
		"DASHBOARD_EXPORT_CONTEXT=off", // a month of measurements for each test's patients would take the others' time
	}, settings...)
	p := startProgram(t, dir, env)
	b := &runningBoard{process: p, url: said(t, p, `^Triage Board: (\S+)$`)[1]}
	if sandboxLine.MatchString(p.stdout.String()) {
		b.sandbox = announcedSandbox(t, p)
	}
	return b
}

// startSandboxAlone runs a smallHospital by itself.
func startSandboxAlone(t *testing.T) *sandboxAPI {
	t.Helper()
	p := startProgram(t, t.TempDir(), nil, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, strings.Fields(smallHospital)...)...)
	return announcedSandbox(t, p)
}

func startProgram(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	p, err := launch(dir, env, args...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := p.stop(); err != nil || t.Failed() {
			t.Errorf("the program ended with: %v\n%s", err, p.stderr.String())
		}
	})
	return p
}

// said waits for a line and answers what the pattern's groups found in it.
func said(t *testing.T, p *process, pattern string) []string {
	t.Helper()
	found, err := p.await(pattern)
	require.NoError(t, err)
	return found
}

var (
	sandboxLine = regexp.MustCompile(`(?m)^Sandbox \(simulated Luscii\): (\S+)$`)
	columns     = regexp.MustCompile(` {2,}`)
)

// announcedSandbox reads address and keys from what the program prints.
func announcedSandbox(t *testing.T, p *process) *sandboxAPI {
	t.Helper()
	s := &sandboxAPI{t: t, url: said(t, p, sandboxLine.String())[1], personas: map[string]apiPersona{}}
	s.serviceKey = said(t, p, `^  service key +HC_VIEW_ALL +(\S+)$`)[1]
	// The announcement is one write: with its last persona all are there.
	said(t, p, `^  Lotte van Dijk `)
	for line := range strings.Lines(p.stdout.String()) {
		fields := columns.Split(strings.TrimSpace(line), -1)
		if strings.HasPrefix(line, "  ") && len(fields) == 4 {
			s.personas[fields[0]] = apiPersona{Name: fields[0], Role: fields[1], Email: fields[2], Key: fields[3]}
		}
	}
	return s
}

// apiPersona is somebody the sandbox offers to sign in as.
type apiPersona struct{ Name, Role, Email, Key string }

// The personas the tests act as.
const (
	admin   = "Sanne de Vries"
	viewer  = "Pieter Bakker"
	fatima  = "Fatima Amrani"               // HC_PRIMARY of one group
	marieke = "Marieke van den Berg-Jansen" // HC_PRIMARY of two, one with a comma in its name
)

// alertPath is where an alert is shown.
func alertPath(id string) string { return "/alerts/" + url.PathEscape(id) }
