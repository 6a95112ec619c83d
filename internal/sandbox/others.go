package sandbox

import (
	"context"
	"math/rand/v2"
)

// actAsColleague lets a colleague who isn't offered for sign-in act on one of
// the open alerts of their group, if there are any: mostly process it, now and
// then escalate it.
func (s *Sandbox) actAsColleague(ctx context.Context, rng *rand.Rand) error {
	var c change
	_, acted, err := s.store.updateAnyOpen(rng, func(a *alert) change {
		status, remarks := statusProcessed, processNotes
		if chance(rng, 0.125) {
			status, remarks = statusEscalated, escalateNotes
		}
		by, why := oneOf(rng, s.staff.colleagues(a.group)), oneOf(rng, remarks)
		c = change{User: by.id, Alert: a.id, Status: status, Category: text(why.category), Note: text(why.note)}
		return c
	}, s.now())
	if acted && err == nil {
		s.logChange(ctx, c)
	}
	return err
}

// logChange tells of a change that was applied.
func (s *Sandbox) logChange(ctx context.Context, c change) {
	s.logger.InfoContext(ctx, "sandbox: alert changed", "alert", c.Alert, "user", c.User, "status", c.Status)
}
