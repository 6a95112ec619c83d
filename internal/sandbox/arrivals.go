package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// tempo is the rate of something that happens again and again. It may change
// meanwhile.
type tempo struct {
	changed chan struct{} // holds one element when rate was set since it was last read

	mu   sync.Mutex
	rate Rate
}

func newTempo(r Rate) *tempo { return &tempo{changed: make(chan struct{}, 1), rate: r} }

func (t *tempo) get() Rate {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rate
}

// set changes the rate at once: a pause begun at the old rate is given up.
func (t *tempo) set(r Rate) {
	t.mu.Lock()
	t.rate = r
	t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// run calls do at the rate in force, with jitter, until ctx ends or do fails.
func (t *tempo) run(ctx context.Context, rng *rand.Rand, do func() error) error {
	for {
		var due <-chan time.Time // never, at rate 0
		if r := t.get(); r.Count > 0 {
			due = time.After(r.pause(rng))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.changed:
		case <-due:
			if err := do(); err != nil {
				return err
			}
		}
	}
}

// arrive lets one alert arrive, if there is anybody it could be of.
func (s *Sandbox) arrive(at time.Time) error {
	if len(s.store.eligible) == 0 {
		return nil
	}
	arrived, err := s.store.arrive(func(serial int) *alert { return s.newArrival(serial, at) })
	if err != nil {
		return err
	}
	s.logger.Debug("sandbox: alert arrived", "alert", arrived.ID, "flag", arrived.Flag)
	return nil
}

// newArrival invents an open alert of some patient who can have any.
func (s *Sandbox) newArrival(serial int, at time.Time) *alert {
	rng := s.seed.stream(fmt.Sprintf("arrival %d", serial))
	return newAlert(rng, oneOf(rng, s.store.eligible), openFlag(rng.Float64()), at)
}

// topUp lets alerts arrive between the newest line of the journal and now when
// the sandbox was away for more than a day, so that its board isn't empty: as
// many as lack to want open ones, over the last two days at most.
func (s *Sandbox) topUp(newest time.Time, want int) error {
	const absence, reach = 24 * time.Hour, 48 * time.Hour
	now := s.now()
	if now.Sub(newest) <= absence {
		return nil
	}
	from := now.Add(-reach)
	if newest.After(from) {
		from = newest
	}
	rng := s.seed.stream("top-up " + now.String())
	for open := s.store.openSince(now.Add(-window)); open < want; open++ {
		if err := s.arrive(moment(rng, from, now)); err != nil {
			return err
		}
	}
	return nil
}
