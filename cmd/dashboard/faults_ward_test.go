package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// wardInterval lets an outage show within four seconds, and leaves a busy
	// machine the time to be live without one.
	wardInterval = time.Second
	// crowd is more alerts of today than one page of a listing holds.
	crowd = 230
	// zoneBehind is the zone of a ward's board. In the hour after midnight, UTC,
	// it still polls the day before, on which a test may have begun or a slow
	// clock still be.
	zoneBehind = "Etc/GMT+1"
)

// ward is a board on a Luscii, each a process of its own, and somebody who
// watches the board all the time: every look checks what must hold whatever is
// wrong with Luscii.
type ward struct {
	*visitor
	board   *runningBoard
	luscii  *process
	sandbox *sandboxAPI
	folder  string // keeps Luscii's state

	faults   string          // in force, in the sandbox's text form
	open     map[string]bool // every alert Luscii has: is it open?
	newcomer []string        // those that arrived, oldest first
	shown    map[string]bool // every alert the board ever showed as open

	// While an outage lasts: since when nothing can be confirmed, and whether
	// listings end all the same, too late to count.
	since time.Time
	late  bool
}

// newWard starts a Luscii to which so many alerts have come today, beside those
// of the days before.
func newWard(t *testing.T, arrivals int) *ward {
	t.Helper()
	w := &ward{visitor: newVisitor(t, ""), folder: t.TempDir(), shown: map[string]bool{}}
	w.startLuscii("127.0.0.1:0")
	w.sandbox = announcedSandbox(t, w.luscii)
	w.arrive(arrivals)
	return w
}

// openWard is a ward whose board shows everything to who watches it.
func openWard(t *testing.T, arrivals int, zone string) *ward {
	t.Helper()
	w := newWard(t, arrivals)
	w.startBoard(t.TempDir(), "DASHBOARD_TIMEZONE="+cmp.Or(zone, zoneBehind))
	w.signIn()
	w.await("everything is shown", w.exact)
	return w
}

// startLuscii runs the sandbox at addr, as it was when it ran the last time.
func (w *ward) startLuscii(addr string) {
	w.t.Helper()
	args := append([]string{"sandbox", "--addr", addr, "--open", "20", "--state", w.journal()}, strings.Fields(smallHospital)...)
	w.luscii = startProgram(w.t, w.folder, nil, args...)
	said(w.t, w.luscii, sandboxLine.String())
}

// startBoard runs the board in dir as a hospital would: by key.
func (w *ward) startBoard(dir string, settings ...string) {
	w.t.Helper()
	w.board = startBoardIn(w.t, dir, append([]string{
		"LUSCII_API_KEY=" + w.sandbox.serviceKey, "LUSCII_BASE_URL=" + w.sandbox.url, "DASHBOARD_SANDBOX_OPTIONS=",
		"DASHBOARD_POLL_INTERVAL=" + wardInterval.String(),
	}, settings...)...)
	w.base = w.board.url
}

func (w *ward) signIn() {
	w.t.Helper()
	who := w.sandbox.personas[admin]
	require.Equal(w.t, http.StatusSeeOther, w.signInWithKey(who.Email, who.Key).status)
}

// set puts faults in force, for reads; "" ends them.
func (w *ward) set(faults string) {
	w.t.Helper()
	w.faults = faults
	w.control("0")
}

// control sets the faults in force and the rate of arrivals.
func (w *ward) control(arrivals string) {
	w.t.Helper()
	object := map[string]string{"only": "reads", "arrivals": arrivals}
	for fault := range strings.SplitSeq(w.faults, ",") {
		if name, value, _ := strings.Cut(fault, "="); name != "" {
			object[name] = cmp.Or(value, "true")
		}
	}
	body, err := json.Marshal(object)
	require.NoError(w.t, err)
	w.sandbox.faults(string(body))
}

// arrive lets n alerts come in, or a few more, whatever else is wrong.
func (w *ward) arrive(n int) {
	w.t.Helper()
	w.learn()
	wanted := len(w.newcomer) + n
	w.control(fmt.Sprintf("%d/s", min(20*n, 500)))
	w.eventually("alerts arrive", func() bool { w.learn(); return len(w.newcomer) >= wanted })
	w.control("0")
	w.learn()
}

// moveOn lets the world change: an alert arrives, and a colleague elsewhere
// processes one of today's.
func (w *ward) moveOn() {
	w.t.Helper()
	w.arrive(1)
	i := slices.IndexFunc(w.newcomer, func(id string) bool { return w.open[id] })
	require.GreaterOrEqual(w.t, i, 0, "an open alert of today's")
	w.sandbox.change(admin, w.newcomer[i], "processed", "Gebeld.")
	w.learn()
}

// learn reads from Luscii's own journal, past all faults, which alerts are open.
func (w *ward) learn() {
	w.t.Helper()
	w.open, w.newcomer = map[string]bool{}, nil
	for _, a := range w.sandbox.atStart() {
		w.open[a.ID] = a.Status == "open"
	}
	journal, err := os.ReadFile(w.journal())
	require.NoError(w.t, err)
	whole := journal[:bytes.LastIndexByte(journal, '\n')+1]
	for line := range bytes.Lines(whole) {
		var entry struct {
			Arrival *apiAlert
			Change  *struct{ Alert, Status string }
		}
		require.NoError(w.t, json.Unmarshal(line, &entry))
		switch {
		case entry.Arrival != nil:
			w.open[entry.Arrival.ID] = entry.Arrival.Status == "open"
			w.newcomer = append(w.newcomer, entry.Arrival.ID)
		case entry.Change != nil:
			w.open[entry.Change.Alert] = entry.Change.Status == "open"
		}
	}
}

// journal is where Luscii keeps what happened.
func (w *ward) journal() string { return filepath.Join(w.folder, "luscii.ndjson") }

// freeze stops the process of Luscii in the middle of whatever it does.
func (w *ward) freeze() {
	w.t.Helper()
	luscii := w.luscii
	require.NoError(w.t, luscii.signal(syscall.SIGSTOP))
	w.t.Cleanup(func() { _ = luscii.signal(syscall.SIGCONT) }) // it may have ended
}

// restartLuscii starts it where it was.
func (w *ward) restartLuscii() {
	w.t.Helper()
	at, err := url.Parse(w.sandbox.url)
	require.NoError(w.t, err)
	w.startLuscii(at.Host)
}
