package board

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

// step is one thing that happens. What its numbers mean depends on what.
type step struct {
	What string
	N    int
	For  time.Duration
}

var anyStep = rapid.Custom(func(t *rapid.T) step {
	return step{
		What: rapid.SampledFrom([]string{
			"wait", "wait", "wait", "create", "create", "process", "escalate", "reopen", "vanish",
			"act", "act", "reread", "trouble", "trouble", "well", "mirror", "restart",
		}).Draw(t, "what"),
		N: rapid.IntRange(0, 8).Draw(t, "n"),
		For: rapid.SampledFrom([]time.Duration{
			300 * time.Millisecond, time.Second, 2 * time.Second, 20 * time.Second, time.Minute, 7 * time.Minute, 20 * time.Minute, 5 * time.Hour, 11 * time.Hour,
		}).Draw(t, "for"),
	}
})

// Whatever happens in whatever order, sweeps that fail, re-reads, writes, alerts
// that change or vanish, restarts, a mirror that fails, days that turn over: no
// open alert leaves the board but by being processed, nothing is confirmed that
// isn't so (R6, R12, R13), and once Luscii is well the board becomes what it says.
func TestTheBoardConverges(t *testing.T) {
	zones := map[string]*time.Location{}
	for _, name := range []string{"UTC", "Europe/Amsterdam", "America/New_York", "Asia/Tokyo"} {
		zones[name] = zone(t, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := &hospital{
			world: &world{
				zone:   zones[rapid.SampledFrom(slices.Sorted(maps.Keys(zones))).Draw(rt, "filter's zone")],
				strict: rapid.Bool().Draw(rt, "refuses dates to come"),
			},
			mirror: newMemory(),
		}
		steps := rapid.SliceOfN(anyStep, 1, 40).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) { h.live(t, steps) })
		if wrong := h.world.report(); wrong != "" {
			rt.Fatalf("%s", wrong)
		}
	})
}

// hospital is a board that runs on a world, and the people using it.
type hospital struct {
	world   *world
	mirror  *memory
	board   *Board
	stop    context.CancelFunc
	running sync.WaitGroup
	acting  sync.WaitGroup
}

// live lets the steps happen one after another, then waits until all is well.
func (h *hospital) live(t *testing.T, steps []step) {
	for range 4 {
		h.world.create()
	}
	h.start(t)
	for _, s := range steps {
		h.happen(t, s)
	}
	h.world.setTrouble(trouble{})
	h.mirror.breakDown(nil)
	h.acting.Wait()
	known := h.board.Snapshot().Entries
	time.Sleep(quietEvery + 2*time.Minute)
	h.world.compare(h.board.Snapshot(), known)
	h.end()
}

func (h *hospital) start(t *testing.T) {
	b, err := New(t.Context(), Options{
		Source: h.world, Mirror: h.mirror, Interval: time.Minute, WindowDays: 2, Zone: time.UTC, Logger: discard,
		OnPublish: func(older, newer *triage.Snapshot) {
			h.world.watch(older, newer)
			h.holdsTogether(newer)
		},
	})
	require.NoError(t, err)
	h.board = b
	ctx, stop := context.WithCancel(t.Context())
	h.stop = stop
	h.running.Go(func() { b.Run(ctx) })
}

func (h *hospital) end() {
	h.acting.Wait()
	h.stop()
	h.running.Wait()
}

// holdsTogether notes where a snapshot's lists, which are made of the former
// ones, aren't those that memory would give. The board's lock is held.
func (h *hospital) holdsTogether(s *triage.Snapshot) {
	all := newWorklist()
	for _, held := range h.board.work.held {
		all.put(held.latest(), held.kept)
	}
	entries, processed := all.lists(&triage.Snapshot{}, h.board.midnight)
	looks := func(list []*triage.Entry) string {
		var out []string
		for _, e := range list {
			out = append(out, fmt.Sprint(e.Alert, e.Missing, e.Day))
		}
		return fmt.Sprint(out)
	}
	if looks(entries) != looks(s.Entries) || looks(processed) != looks(s.Processed) || !maps.Equal(all.working, h.board.work.working) {
		h.world.mu.Lock()
		defer h.world.mu.Unlock()
		h.world.wrong("the snapshot isn't what memory holds")
	}
}

func (h *hospital) happen(t *testing.T, s step) {
	statuses := map[string]triage.Status{"process": triage.StatusProcessed, "escalate": triage.StatusEscalated, "reopen": triage.StatusOpen}
	a := h.world.nth(s.N)
	switch s.What {
	case "wait":
		time.Sleep(s.For)
	case "create":
		h.world.create()
	case "process", "escalate", "reopen":
		if a != nil {
			h.world.change(a, statuses[s.What])
		}
	case "vanish":
		if a != nil {
			h.world.vanish(a)
		}
	case "act", "reread":
		if a != nil {
			h.act(t, a, s)
		}
	case "trouble":
		h.world.setTrouble([]trouble{
			{triage.ErrUnavailable, 0, -1}, {triage.ErrPartial, 1, -1}, {triage.ErrMalformed, 2, -1}, {asksToWait(40 * time.Second), 0, -1},
			{triage.ErrUnavailable, 0, 0}, {triage.ErrPartial, 1, 0}, {triage.ErrBusy, 0, 1}, {triage.ErrPartial, 1, 1}, {triage.ErrUnavailable, 0, 2},
		}[s.N])
	case "well":
		h.world.setTrouble(trouble{})
	case "mirror":
		h.mirror.breakDown([]error{nil, errDisk}[s.N%2])
	case "restart":
		h.restart(t, s.For)
	}
}

// act is a clinician's decision: a re-read, a write, and its answer, which may be
// long on its way.
func (h *hospital) act(t *testing.T, a *worldAlert, s step) {
	b := h.board
	h.acting.Go(func() {
		if _, err := b.Reread(t.Context(), a.ID, time.Now()); err != nil || s.What == "reread" {
			return
		}
		status := []triage.Status{triage.StatusProcessed, triage.StatusOpen, triage.StatusEscalated}[s.N%3]
		if answer, ok := h.world.change(a, status); ok {
			time.Sleep(min(s.For, time.Minute))
			b.Take(t.Context(), answer)
		}
	})
}

// restart ends the process and begins another. What the mirror couldn't be told
// of may be lost by that; all else is there at once.
func (h *hospital) restart(t *testing.T, off time.Duration) {
	h.end()
	h.mirror.breakDown(nil)
	var lost []triage.AlertID
	for id, held := range h.board.work.held {
		if !held.kept {
			lost = append(lost, id)
		}
	}
	last := h.board.Snapshot()
	time.Sleep(off)
	h.start(t)
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	h.world.nothingDisappears(last, h.board.Snapshot(), lost)
	first := h.board.Snapshot()
	if f := first.Freshness(time.Now(), triage.DaysOf(first.Entries)); f.State != triage.FreshUnknown || f.Complete() {
		h.world.wrong("fresh by a former process's word: %+v", f)
	}
}
