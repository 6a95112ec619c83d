package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"triageboard/internal/program"
)

// staff is who works on the board, each in two browsers: everybody the sandbox
// offers who may act.
var staff = []string{
	program.Admin, "Fatima Amrani", "Daan Visser", "Marieke van den Berg-Jansen", "Joost Hendriks", "Lotte van Dijk",
}

const browsersEach = 2

// A life of the board is short at times, so that it dies over what it has just
// accepted or taken over, and long at others, so that it gets something done; ours.
const (
	meanLife    = 900 * time.Millisecond
	longestLife = 4 * time.Second
)

// upheaval is one run: clinicians at work on a board that is killed over and over,
// on a Luscii that fails them.
type upheaval struct {
	seed    uint64
	actions int // to be accepted at least
	kills   int

	sandbox *program.Sandbox
	board   *board
	ledger  *ledger
	turns   chan struct{} // one for each attempt that may be made

	mu       sync.Mutex
	troubles map[string]int // what clinicians met that they shouldn't have
	killed   int
}

// run makes it all happen, up to the moment the last action was accepted.
func (u *upheaval) run(ctx context.Context) error {
	people, err := u.signIn(ctx)
	if err != nil {
		return err
	}
	working, rest := context.WithCancel(ctx)
	defer rest()
	var all sync.WaitGroup
	for _, c := range people {
		all.Go(func() { u.work(working, c) })
	}
	err = u.killOverAndOver(ctx)
	for err == nil && u.ledger.count() < u.actions {
		err = u.give(ctx, 1)
	}
	rest()
	all.Wait()
	return err
}

// signIn is the staff, signed in while all is well.
func (u *upheaval) signIn(ctx context.Context) ([]*clinician, error) {
	var people []*clinician
	for i := range len(staff) * browsersEach {
		who, err := u.sandbox.Persona(ctx, staff[i%len(staff)])
		if err != nil {
			return nil, err
		}
		v, err := newVisitor(u.board.url, who)
		if err != nil {
			return nil, err
		}
		if err := v.signIn(ctx); err != nil {
			return nil, err
		}
		people = append(people, &clinician{visitor: v, number: i, rng: u.chance(uint64(i)), ledger: u.ledger})
	}
	return people, nil
}

// chance is a stream of random numbers that follows from the seed.
func (u *upheaval) chance(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(u.seed, stream)) //nolint:gosec // it must be repeatable, not secret
}

// work lets a clinician work, one attempt at each of their turns.
func (u *upheaval) work(ctx context.Context, c *clinician) {
	for {
		select {
		case <-u.turns:
		case <-ctx.Done():
			return
		}
		if u.board.awaitUp(ctx) != nil {
			return
		}
		err := c.work(ctx)
		if ctx.Err() != nil {
			return // what was cut off by that stays noted as cut off
		}
		u.note(err)
	}
}

// note counts what a clinician met. A connection that breaks is what kills do, and
// that there is nothing to do no trouble.
func (u *upheaval) note(err error) {
	var status *statusError
	if !errors.As(err, &status) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.troubles[err.Error()]++
}

// give lets so many attempts be made.
func (u *upheaval) give(ctx context.Context, n int) error {
	for range n {
		select {
		case u.turns <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("%d actions were accepted: %w", u.ledger.count(), ctx.Err())
		}
	}
	return nil
}

// killOverAndOver kills the board at random moments, and starts it again. The
// attempts are spread over its lives.
func (u *upheaval) killOverAndOver(ctx context.Context) error {
	rng := u.chance(1 << 32)
	giving, enough := context.WithCancel(ctx)
	var given sync.WaitGroup
	defer given.Wait()
	defer enough()
	for n := range u.kills {
		if err := u.goWrong(ctx, n); err != nil {
			return err
		}
		given.Go(func() { _ = u.give(giving, u.actions/u.kills) }) // its error is that enough was given
		life := time.NewTimer(min(time.Duration(rng.ExpFloat64()*float64(meanLife)), longestLife))
		select {
		case <-life.C:
		case <-ctx.Done():
			life.Stop()
			return fmt.Errorf("after %d kills: %w", n, ctx.Err())
		}
		if err := u.board.kill(); err != nil {
			return err
		}
		u.killed++
		if err := u.board.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// goWrong changes from writes that fail to everything, and back. What is in force
// isn't set again: the sandbox's chance would start anew.
func (u *upheaval) goWrong(ctx context.Context, kill int) error {
	switch kill % 15 {
	case 0:
		return u.sandbox.SetFaults(ctx, writesGoWrong)
	case 10:
		return u.sandbox.SetFaults(ctx, allGoesWrong)
	}
	return nil
}
