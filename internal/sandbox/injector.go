package sandbox

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// injector decides what goes wrong with which request.
type injector struct {
	seed seed
	now  func() time.Time
	late *late

	mu     sync.Mutex
	faults Faults
	rng    *rand.Rand
	serial uint64         // of the last request
	uses   map[string]int // of cursors, while they are limited
	met    map[mishap]int // how many requests met each, since the start
}

func newInjector(s seed, now func() time.Time, f Faults) *injector {
	i := &injector{seed: s, now: now, late: newLate(), met: map[mishap]int{}}
	i.set(f)
	return i
}

// set replaces the faults in force. Chance starts anew with them, so that the
// same requests in the same order meet the same fate.
func (i *injector) set(f Faults) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults, i.rng, i.uses = f, i.seed.stream("faults"), map[string]int{}
}

func (i *injector) get() Faults {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.faults
}

// fate is what befalls one request. The zero value is nothing.
type fate struct {
	faults   Faults // in force when it was decided
	delay    time.Duration
	mishap   mishap
	other    bool // the mishap, or an expired cursor, takes the second of its two forms
	disorder disorder
}

// mishap is what happens to a request instead of its answer, or to the answer.
type mishap int

const (
	none mishap = iota
	down
	refused
	inactive
	forbidden
	failed
	limited
	html
	droppedBefore
	servedLate
	droppedAfter
	malformed
	truncated
	endless
	slow
)

// String is the name of the fault that it comes from.
func (m mishap) String() string {
	return [...]string{
		"none", "down", "refused", "inactive", "forbidden", "errors", "limited", "html", "drop-before", "late", "drop-after",
		"malformed", "truncated", "endless", "slow",
	}[m]
}

// decide draws a request's fate. Every request in scope draws the same number
// of times, whatever the faults, so that one share doesn't shift another.
func (i *injector) decide(r *http.Request) fate {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.faults
	if !f.Only.covers(r) {
		return fate{}
	}
	d := fate{
		faults: f,
		delay:  f.Latency + time.Duration(i.rng.Float64()*float64(f.Jitter)),
		other:  chance(i.rng, 0.5),
	}
	switch {
	case f.Down:
		d.mishap = down
	case f.Refused:
		d.mishap = refused
	case f.Inactive:
		d.mishap = inactive
	case f.Forbidden:
		d.mishap = forbidden
	}
	late := f.Late
	if r.Method != http.MethodPut {
		late = 0
	}
	for _, m := range [...]struct {
		mishap mishap
		share  float64
	}{
		{failed, f.Errors},
		{limited, f.Limited},
		{html, f.HTML},
		{droppedBefore, f.DropBefore},
		{servedLate, late},
		{droppedAfter, f.DropAfter},
		{malformed, f.Malformed},
		{truncated, f.Truncated},
		{endless, f.Endless},
		{slow, f.Slow},
	} {
		if chance(i.rng, m.share) && d.mishap == none {
			d.mishap = m.mishap
		}
	}
	if d.mishap != none {
		i.met[d.mishap]++
	}
	d.disorder = disorder{
		shift:        int(i.rng.Float64()*float64(2*f.Shift+1)) - f.Shift - f.Duplicates,
		repeatCursor: chance(i.rng, f.CursorRepeat),
		unknown:      f.Unknown,
	}
	if f.CursorTTL > 0 || f.CursorUses > 0 {
		i.serial++
		d.disorder.expiry = &expiry{
			now: i.now(), serial: i.serial, ttl: f.CursorTTL, spent: i.spent(r.URL.Query().Get("cursor")), badRequest: d.other,
		}
	}
	return d
}

// mishaps is how many requests met which, by the faults' names.
func (i *injector) mishaps() map[string]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	met := map[string]int{}
	for m, n := range i.met {
		met[m.String()] = n
	}
	return met
}

// spent counts a use of a cursor and reports whether it was one too many. The
// caller holds mu.
func (i *injector) spent(cursor string) bool {
	const remembered = 100_000
	if cursor == "" || i.faults.CursorUses == 0 {
		return false
	}
	if len(i.uses) == remembered {
		clear(i.uses)
	}
	i.uses[cursor]++
	return i.uses[cursor] > i.faults.CursorUses
}
