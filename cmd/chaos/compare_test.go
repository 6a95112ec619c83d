package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var noon = time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)

// did is an attempt to process an alert, answered as accepted.
func did(set ...func(*attempt)) *attempt {
	a := &attempt{
		token: "chaos-1-1", by: "Sanne", alert: "a-1", status: "processed", category: "called_patient",
		note: "chaos-1-1 Gebeld.", seen: noon, answer: accepted, action: "x-1",
	}
	for _, f := range set {
		f(a)
	}
	return a
}

func answer(as answered) func(*attempt) { return func(a *attempt) { a.answer = as } }

func nameless(a *attempt) { a.action = "" }

// log is the change that the attempt asks for.
func log(set ...func(*change)) change {
	l := change{at: noon.Add(time.Minute), user: "u-1", alert: "a-1", status: "processed", category: "called_patient", note: "chaos-1-1 Gebeld."}
	for _, f := range set {
		f(&l)
	}
	return l
}

func others(l *change) { l.user, l.note, l.status = "u-2", "Van een ander.", "escalated" }

// row is what the board says of the attempt's action, in a state.
func row(state string, set ...func(*action)) action {
	r := action{id: "x-1", alert: "a-1", wanted: "processed", state: state, by: "Sanne"}
	if state != confirmed && state != withdrawn {
		r.note, r.hasNote = "chaos-1-1 Gebeld.", true
	}
	for _, f := range set {
		f(&r)
	}
	return r
}

func noNote(r *action) { r.note, r.hasNote = "", false }

func second(r *action) { r.id = "x-2" }

// again is a second attempt on the alert, on a page that showed the first one's
// note or didn't.
func again(shown bool) *attempt {
	a := did(func(a *attempt) { a.token, a.note, a.action = "chaos-1-2", "chaos-1-2 Nog eens.", "x-2" })
	if shown {
		a.shown = []string{"chaos-1-1"}
	}
	return a
}

func logOf(a *attempt) change {
	return change{at: noon.Add(time.Hour), user: "u-1", alert: a.alert, status: a.status, category: a.category, note: a.note}
}

// undoing is the row of an action that undoes the attempt's.
func undoing(state string) action {
	return action{id: "x-2", alert: "a-1", wanted: "open", state: state, undoes: "x-1", by: "Sanne"}
}

// undid is the wish to undo the attempt's action.
func undid(as answered) *attempt {
	return &attempt{token: "undo-1-2", by: "Sanne", alert: "a-1", status: "open", undoes: "x-1", answer: as}
}

// reopened is what Luscii does when it is undone.
func reopened(l *change) {
	l.note, l.category, l.status, l.at = "", "", "open", noon.Add(2*time.Minute)
}

// R46: what was accepted is applied once or visibly ends otherwise; and the
// comparison sees it when that isn't so.
func TestCompare(t *testing.T) {
	type all = []*attempt
	type lines = []change
	type rows = []action
	// wrong is how many findings of each kind there should be.
	type wrong struct{ lost, twice, untrue, unsure, noteless, unsettled int }
	for name, tc := range map[string]struct {
		attempts all
		log      lines
		actions  rows
		wrong    wrong
	}{
		"applied once, confirmed":         {all{did()}, lines{log()}, rows{row(confirmed)}, wrong{}},
		"failed, with its note":           {all{did()}, nil, rows{row(failed)}, wrong{}},
		"a conflict, with its note":       {all{did()}, lines{log(others)}, rows{row(conflict)}, wrong{}},
		"withdrawn":                       {all{did(), undid(accepted)}, nil, rows{row(withdrawn)}, wrong{}},
		"refused":                         {all{did(answer(refused), nameless)}, nil, nil, wrong{}},
		"cut off, nothing came of it":     {all{did(answer(cut), nameless)}, nil, nil, wrong{}},
		"cut off, and applied":            {all{did(answer(cut), nameless)}, lines{log()}, rows{row(confirmed)}, wrong{}},
		"cut off, and failed":             {all{did(answer(cut), nameless)}, nil, rows{row(failed)}, wrong{}},
		"cut off, failed, its note seen":  {all{did(answer(cut), nameless)}, nil, rows{row(failed, noNote)}, wrong{}},
		"unknown, others acted since":     {all{did()}, lines{log(others)}, rows{row(unknown)}, wrong{}},
		"unknown, applied, others, too":   {all{did()}, lines{log(), log(others)}, rows{row(unknown)}, wrong{}},
		"its id was never told":           {all{did(nameless)}, lines{log()}, rows{row(confirmed)}, wrong{}},
		"undone":                          {all{did(), undid(accepted)}, lines{log(), log(reopened)}, rows{row(confirmed), undoing(confirmed)}, wrong{}},
		"undone, cut off":                 {all{did(), undid(cut)}, lines{log(), log(reopened)}, rows{row(confirmed), undoing(confirmed)}, wrong{}},
		"an undo that failed":             {all{did(), undid(accepted)}, lines{log()}, rows{row(confirmed), undoing(failed)}, wrong{}},
		"an undo that was refused":        {all{did(), undid(refused)}, lines{log()}, rows{row(confirmed)}, wrong{}},
		"reopened outside the board":      {all{did()}, lines{log(), log(reopened, func(l *change) { l.user = "u-2" })}, rows{row(confirmed)}, wrong{}},
		"an undo that nobody knows about": {all{did(), undid(accepted)}, lines{log(), log(others, func(l *change) { l.at = noon.Add(time.Hour) })}, rows{row(confirmed), undoing(unknown)}, wrong{}},

		"failed, acted anew on the page that showed the note": {all{did(), again(true)}, lines{logOf(again(true))}, rows{row(failed, noNote), row(confirmed, second)}, wrong{}},
		"failed, acted anew without having seen it":           {all{did(), again(false)}, lines{logOf(again(true))}, rows{row(failed, noNote), row(confirmed, second)}, wrong{noteless: 1}},

		"lost, says the log":                {all{did()}, nil, rows{row(confirmed)}, wrong{lost: 1}},
		"lost by the board":                 {all{did()}, lines{log()}, nil, wrong{lost: 1}},
		"lost by both":                      {all{did(nameless)}, nil, nil, wrong{lost: 1}},
		"an undo lost":                      {all{did(), undid(accepted)}, lines{log()}, rows{row(confirmed)}, wrong{lost: 1}},
		"an undo confirmed, never applied":  {all{did(), undid(accepted)}, lines{log()}, rows{row(confirmed), undoing(confirmed)}, wrong{lost: 1}},
		"applied twice":                     {all{did()}, lines{log(), log()}, rows{row(confirmed)}, wrong{twice: 1}},
		"cut off, applied twice":            {all{did(answer(cut), nameless)}, lines{log(), log()}, rows{row(confirmed)}, wrong{twice: 1}},
		"applied twice, with another note":  {all{did()}, lines{log(), log(func(l *change) { l.note += " " })}, rows{row(confirmed)}, wrong{twice: 1, noteless: 1}},
		"undone twice":                      {all{did(), undid(accepted)}, lines{log(), log(reopened), log(reopened)}, rows{row(confirmed), undoing(confirmed)}, wrong{twice: 1}},
		"undone by two":                     {all{did(), undid(accepted)}, lines{log(), log(reopened), log(reopened)}, rows{row(confirmed), undoing(confirmed), func() action { a := undoing(confirmed); a.id = "x-3"; return a }()}, wrong{twice: 1}},
		"undone, which the board denies":    {all{did(), undid(refused)}, lines{log(), log(reopened)}, rows{row(confirmed)}, wrong{twice: 1}},
		"refused, and applied":              {all{did(answer(refused), nameless)}, lines{log()}, nil, wrong{untrue: 1}},
		"failed, and applied":               {all{did()}, lines{log()}, rows{row(failed)}, wrong{untrue: 1}},
		"a conflict, and applied":           {all{did()}, lines{log()}, rows{row(conflict)}, wrong{untrue: 1}},
		"withdrawn, and applied":            {all{did(), undid(accepted)}, lines{log()}, rows{row(withdrawn)}, wrong{untrue: 1}},
		"applied otherwise":                 {all{did()}, lines{log(func(l *change) { l.status = "open" })}, rows{row(confirmed)}, wrong{untrue: 1}},
		"applied to another alert":          {all{did()}, lines{log(func(l *change) { l.alert = "a-2" })}, rows{row(confirmed)}, wrong{untrue: 1}},
		"applied with another's key":        {all{did(), again(false)}, lines{log(), log(func(l *change) { l.user, l.note = "u-2", "chaos-1-2 Nog eens." })}, rows{row(confirmed), row(confirmed, second)}, wrong{untrue: 1}},
		"listed otherwise":                  {all{did()}, lines{log()}, rows{row(confirmed, func(r *action) { r.wanted = "open" })}, wrong{untrue: 1}},
		"nobody asked for it, confirmed":    {nil, lines{log()}, rows{row(confirmed)}, wrong{untrue: 1}},
		"nobody asked for it":               {nil, nil, rows{row(failed)}, wrong{untrue: 1}},
		"unknown, and nothing happened":     {all{did()}, nil, rows{row(unknown)}, wrong{unsure: 1}},
		"unknown, and the last change":      {all{did()}, lines{log()}, rows{row(unknown)}, wrong{unsure: 1}},
		"an undo unknown, nothing happened": {all{did(), undid(accepted)}, lines{log()}, rows{row(confirmed), undoing(unknown)}, wrong{unsure: 1}},
		"applied without its note":          {all{did()}, lines{log(func(l *change) { l.note = "chaos-1-1 Gebe" })}, rows{row(confirmed)}, wrong{noteless: 1}},
		"failed, the note gone":             {all{did()}, nil, rows{row(failed, noNote)}, wrong{noteless: 1}},
		"a conflict, the note cut":          {all{did()}, lines{log(others)}, rows{row(conflict, func(r *action) { r.note = "chaos-1-1" })}, wrong{noteless: 1}},
		"in flight for ever":                {all{did()}, nil, rows{row("sending")}, wrong{unsettled: 1}},
		"an undo in flight for ever":        {all{did(), undid(accepted)}, lines{log()}, rows{row(confirmed), undoing("recorded")}, wrong{unsettled: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := compare(tc.attempts, tc.log, tc.actions)
			got := wrong{len(f.lost), len(f.twice), len(f.untrue), len(f.unsure), len(f.noteless), len(f.unsettled)}
			assert.Equal(t, tc.wrong, got, "%+v", f)
			assert.Equal(t, tc.wrong != wrong{}, f.wrong())
		})
	}
}
