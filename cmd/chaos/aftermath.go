package main

import (
	"context"
	"time"

	"github.com/PuerkitoBio/goquery"

	"triageboard/internal/program"
)

// It is looked that often whether all is settled, and that long; ours.
const (
	lookEvery     = 500 * time.Millisecond
	settlesWithin = 3 * time.Minute
)

// aftermath lets everything settle while nothing goes wrong any more, and answers
// what the sandbox did and what the board says.
func (u *upheaval) aftermath(ctx context.Context) ([]change, []action, error) {
	enough := time.NewTimer(settlesWithin)
	defer enough.Stop()
	if err := u.sandbox.SetFaults(ctx, nothingDoes); err != nil {
		return nil, nil, err
	}
	people, err := u.onlookers(ctx)
	if err != nil {
		return nil, nil, err
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		log, late, err := changes(ctx, u.sandbox)
		if err != nil {
			return nil, nil, err
		}
		actions, inFlight, err := listed(ctx, people)
		if err != nil {
			return nil, nil, err
		}
		if late == 0 && inFlight == 0 {
			// What was read of the log first may lack what the board knew a moment later.
			log, _, err = changes(ctx, u.sandbox)
			return log, actions, err
		}
		select {
		case <-tick.C:
		case <-enough.C:
			return log, actions, nil // the comparison tells what isn't settled
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// onlookers is each of the staff once, signed in anew.
func (u *upheaval) onlookers(ctx context.Context) ([]*visitor, error) {
	var people []*visitor
	for _, name := range staff {
		who, err := u.sandbox.Persona(ctx, name)
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
		people = append(people, v)
	}
	return people, nil
}

// listed is everybody's actions, and how much is in flight by their pages or by
// the board, of which the first of them sees everything.
func listed(ctx context.Context, people []*visitor) (actions []action, inFlight int, err error) {
	for _, v := range people {
		err := v.each(ctx, "/actions", func(p page) {
			p.Find("[data-action-id]").Each(func(_ int, s *goquery.Selection) {
				a := readAction(s, v.Persona)
				actions = append(actions, a)
				if a.state == "recorded" || a.state == "sending" {
					inFlight++
				}
			})
		})
		if err != nil {
			return nil, 0, err
		}
	}
	for _, status := range []string{"open", "escalated", "processed"} {
		err := people[0].each(ctx, "/?status="+status, func(p page) {
			inFlight += p.Find(`[data-delivery="pending"]`).Length()
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return actions, inFlight, nil
}

// readAction is one of the user's own actions, as their page lists it.
func readAction(s *goquery.Selection, who program.Persona) action {
	note := s.Find("[data-note]")
	return action{
		id: s.AttrOr("data-action-id", ""), alert: s.AttrOr("data-alert-id", ""), state: s.AttrOr("data-state", ""),
		wanted: s.AttrOr("data-wanted", ""), undoes: s.AttrOr("data-undoes", ""), by: who.Name,
		note: note.Text(), hasNote: note.Length() > 0,
	}
}
