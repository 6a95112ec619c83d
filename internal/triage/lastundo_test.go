package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestUndoable(t *testing.T) {
	change := func(of Action, do func(*Action)) Action {
		do(&of)
		return of
	}
	note := func(a *Action) { a.Was = StatusProcessed }
	undo := func(a *Action) { a.Undoes = "y" }
	odd := func(a *Action) { a.Was = "snoozed" }
	for name, tc := range map[string]struct {
		action Action
		want   bool
	}{
		"recorded":                             {taking(t), true},
		"sending":                              {taking(t, StepSend), true},
		"confirmed":                            {taking(t, StepSend, StepConfirm), true},
		"withdrawn":                            {taking(t, StepWithdraw), false},
		"conflict":                             {taking(t, StepConflict), false},
		"failed":                               {taking(t, StepFail), false},
		"unknown":                              {taking(t, StepSend, StepLose), false},
		"a recorded note":                      {change(taking(t), note), true},
		"a note being sent":                    {change(taking(t, StepSend), note), false},
		"a confirmed note":                     {change(taking(t, StepSend, StepConfirm), note), false},
		"an undo":                              {change(taking(t, StepSend, StepConfirm), undo), false},
		"a recorded undo":                      {change(taking(t), undo), false},
		"from a status nobody may write":       {change(taking(t, StepSend, StepConfirm), odd), false},
		"from such a status, but not sent yet": {change(taking(t), odd), true},
		"from such a status, and being sent":   {change(taking(t, StepSend), odd), false},
	} {
		assert.Equal(t, tc.want, tc.action.Undoable(), name)
	}
}

// R36: an undo without a name means the last thing the user did.
func TestLastToUndo(t *testing.T) {
	named := func(id ActionID, steps ...Step) Action {
		a := taking(t, steps...)
		a.ID = id
		return a
	}
	undoOf := func(id ActionID, steps ...Step) Action {
		a := named("undo of "+id, steps...)
		a.Undoes = id
		return a
	}
	done := []Step{StepSend, StepConfirm}
	note := named("note", done...)
	note.Was = note.Change.Status
	settledUnknown := named("b", StepSend, StepLose, StepSettle)
	for name, tc := range map[string]struct {
		newestFirst []Action
		want        ActionID
	}{
		"nothing":                             {nil, ""},
		"the newest":                          {[]Action{named("b", done...), named("a", done...)}, "b"},
		"one that isn't sent yet":             {[]Action{named("b"), named("a", done...)}, "b"},
		"what did nothing is passed over":     {[]Action{named("d", StepFail), named("c", StepConflict), named("b", StepWithdraw), named("a", done...)}, "a"},
		"what is undone is passed over":       {[]Action{undoOf("b", done...), named("b", done...), named("a", done...)}, "a"},
		"what is being undone, too":           {[]Action{undoOf("b"), named("b", StepSend), named("a", done...)}, "a"},
		"an undo that failed undid nothing":   {[]Action{undoOf("b", StepFail), named("b", done...), named("a", done...)}, "b"},
		"nor one that met a conflict":         {[]Action{undoOf("b", StepConflict), named("b", done...)}, "b"},
		"all undone":                          {[]Action{undoOf("b", done...), named("b", done...)}, ""},
		"a note stops the walk":               {[]Action{note, named("a", done...)}, "note"},
		"an unknown one stops the walk":       {[]Action{named("b", StepSend, StepLose), named("a", done...)}, "b"},
		"until the user has taken note of it": {[]Action{settledUnknown, named("a", done...)}, "a"},
	} {
		got, ok := LastToUndo(tc.newestFirst)
		assert.Equal(t, tc.want != "", ok, name)
		assert.Equal(t, tc.want, got.ID, name)
	}
}

// R17
func TestReopenedSoon(t *testing.T) {
	processed := after(0, StatusProcessed, nurse.ID)
	processed.ProcessedAt = noon
	reopening := Action{Actor: nurse.ID, Was: StatusProcessed, Change: Change{Status: StatusOpen}, RecordedAt: noon.Add(10 * time.Minute)}
	assert.True(t, reopening.ReopenedSoon(processed), "ten minutes later")

	for name, change := range map[string]func(*Action, *Alert){
		"later":                 func(a *Action, _ *Alert) { a.RecordedAt = a.RecordedAt.Add(time.Second) },
		"another processed it":  func(_ *Action, b *Alert) { b.ProcessedBy = "h-9" },
		"nobody says when":      func(_ *Action, b *Alert) { b.ProcessedAt = time.Time{} },
		"it was escalated":      func(_ *Action, b *Alert) { b.Status = StatusEscalated },
		"it isn't reopened now": func(a *Action, _ *Alert) { a.Change.Status = StatusEscalated },
	} {
		a, b := reopening, processed
		change(&a, &b)
		assert.False(t, a.ReopenedSoon(b), name)
	}
}
