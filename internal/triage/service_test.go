package triage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

var (
	nurse  = Actor{ID: "h-1", SignIn: "s-1", Role: RolePrimary, Groups: map[GroupID]bool{"g-own": true}}
	waits  = Alert{ID: "a-1", Patient: "p-1", Group: "g-own", Flag: FlagRed, Status: StatusOpen, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
	others = Alert{ID: "a-2", Patient: "p-2", Group: "g-other", Flag: FlagRed, Status: StatusOpen, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
)

// request is what a form's event looks like before the Service completes it.
var request = audit.Event{User: "h-1", Role: "HC_PRIMARY", AccessPoint: "https://board.test/alerts/{id}", RequestID: "r-1"}

// process is the decision to process waits, as it was seen.
func process() Decision { return processOf(waits) }

func processOf(a Alert) Decision {
	return Decision{
		Alert: a.ID, Seen: a.UpdatedAt, Event: request,
		Change: Change{Status: StatusProcessed, Category: "request_visit", Note: "Gebeld."},
	}
}

// house is a Service between a board and a ledger.
type house struct {
	*Service
	board  *fakeBoard
	ledger *fakeLedger
}

func newHouse(alerts ...Alert) *house {
	h := &house{board: newFakeBoard(alerts...), ledger: newFakeLedger()}
	h.Service = NewService(h.board, h.ledger, 15*time.Minute)
	return h
}

func (h *house) act(actor Actor, d Decision) (Action, error) {
	return h.Act(context.Background(), actor, "the key", d)
}

// R46: once Act returns, the action is recorded, with all it takes to carry it out.
func TestActRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []Status{StatusProcessed, StatusEscalated, StatusOpen} {
			h := newHouse(waits, others)
			d := process()
			d.Change.Status, d.Batch = status, "b-1"
			d.Event.At, d.Event.Private.Note = noon, "Gebeld."
			a, err := h.act(nurse, d)
			require.NoError(t, err)

			require.NotEmpty(t, a.ID)
			what := audit.AlertChanged
			if status == waits.Status {
				what = audit.NoteAdded
			}
			assert.Equal(t, Action{
				ID: a.ID, Batch: "b-1", Alert: waits.ID, Patient: waits.Patient, Actor: nurse.ID, SignIn: nurse.SignIn,
				Change: d.Change, Seen: waits.UpdatedAt, Was: StatusOpen, State: StateRecorded,
				RecordedAt: time.Now().UTC(), NextAt: time.Now().UTC(), RetryUntil: time.Now().UTC().Add(15 * time.Minute),
				Event: audit.Event{
					User: "h-1", Role: "HC_PRIMARY", AccessPoint: request.AccessPoint, RequestID: "r-1", Patient: "p-1",
					Action: what, Object: audit.Object{Kind: audit.KindAlert, ID: "a-1"}, Details: audit.Details{Was: "open", Is: string(status)},
				},
			}, a, "without text, or a time, in its event")
			assert.Equal(t, []Action{a}, h.ledger.all())
			assert.Equal(t, Key("the key").Reveal(), h.ledger.keys[a.ID].Reveal(), "with the clinician's own key")
		}
	})
}

func TestActRefusesBadInputFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		change Change
		want   InvalidError
	}{
		"status":   {Change{Status: "snoozed"}, InvalidError{"status", "invalid.status"}},
		"category": {Change{Status: StatusOpen, Category: strings.Repeat("ü", MaxCategory+1)}, InvalidError{"category", "invalid.category"}},
		"control":  {Change{Status: StatusOpen, Category: "a\nb"}, InvalidError{"category", "invalid.category"}},
		"encoding": {Change{Status: StatusOpen, Note: "\xff"}, InvalidError{"note", "invalid.note"}},
		"note":     {Change{Status: StatusOpen, Note: strings.Repeat("ü", MaxNote+1)}, InvalidError{"note", "invalid.note_long"}},
	} {
		h := newHouse(waits)
		h.board.unread = errDisk // nothing is looked up for it
		_, err := h.act(Actor{}, Decision{Alert: "nowhere", Change: tc.change})
		assert.Equal(t, &tc.want, err, name)
		assert.Zero(t, h.ledger.records)
	}
	longest := Change{Status: StatusOpen, Category: strings.Repeat("ü", MaxCategory), Note: strings.Repeat("ü", MaxNote)}
	assert.NoError(t, longest.Validate())
}

// Nobody learns whether an id that isn't theirs exists.
func TestActOutOfScopeIsAsUnknown(t *testing.T) {
	h := newHouse(waits, others)
	_, errForeign := h.act(nurse, processOf(others))
	_, errUnknown := h.act(nurse, processOf(Alert{ID: "nowhere"}))
	assert.Equal(t, ErrNotFound, errUnknown)
	assert.Equal(t, errUnknown, errForeign)

	second := Actor{ID: "h-2", Role: RoleSecondary, Groups: nurse.Groups}
	_, err := h.act(second, process())
	assert.Equal(t, ErrNotFound, err, "never escalated: not HC_SECONDARY's")
	assert.Zero(t, h.ledger.records)
}

// Not even that it has an action on its way, or was changed, shows in the error.
func TestActOutOfScopeComesFirst(t *testing.T) {
	h := newHouse(others)
	admin := Actor{ID: "h-9", Role: RoleAdmin}
	_, err := h.act(admin, processOf(others))
	require.NoError(t, err)
	stale := processOf(others)
	stale.Seen = noon
	_, err = h.act(nurse, stale)
	assert.Equal(t, ErrNotFound, err)
}

func TestActForbidden(t *testing.T) {
	h := newHouse(waits)
	_, err := h.act(Actor{ID: "h-3", Role: RoleViewAll}, process())
	assert.Equal(t, ErrForbidden, err)
	assert.Zero(t, h.ledger.records)
}

// R44: where the board already knows that the alert isn't as it was seen, nothing
// is recorded.
func TestActOnWhatTheBoardKnowsToBeStale(t *testing.T) {
	for name, stale := range map[string]func(*Decision){
		"updated since":                     func(d *Decision) { d.Seen = d.Seen.Add(-time.Second) },
		"seen in the future":                func(d *Decision) { d.Seen = d.Seen.Add(time.Nanosecond) },
		"another status within that second": func(d *Decision) { d.Status = StatusEscalated },
		"never seen":                        func(d *Decision) { d.Seen = time.Time{} },
	} {
		h := newHouse(waits)
		d := process()
		stale(&d)
		_, err := h.act(nurse, d)
		assert.Equal(t, &ConflictError{Now: waits}, err, name)
		assert.Zero(t, h.ledger.records, name)
	}
}

// R44, CONTRACT: seen is compared as an instant.
func TestActComparesSeenAsAnInstant(t *testing.T) {
	h := newHouse(waits)
	d := process()
	d.Seen, d.Status = d.Seen.In(time.FixedZone("CET", 3600)), StatusOpen
	a, err := h.act(nurse, d)
	require.NoError(t, err)
	assert.Equal(t, waits.UpdatedAt, a.Seen)
}

// Two decisions on one alert: nobody can say yet what the second acts upon.
func TestActWhileAnotherIsInFlight(t *testing.T) {
	h := newHouse(waits)
	first, err := h.act(nurse, process())
	require.NoError(t, err)
	stale := process()
	stale.Seen = noon
	for _, d := range []Decision{process(), stale} {
		_, err = h.act(Actor{ID: "h-9", Role: RoleAdmin}, d)
		assert.Equal(t, &InFlightError{first}, err)
	}
	assert.Len(t, h.ledger.all(), 1)

	h.ledger.move(first.ID, StepFail)
	_, err = h.act(nurse, process())
	assert.NoError(t, err, "one that ended isn't in the way")
}

// Where what is known can't be read, nothing is compared, and nothing recorded.
func TestActWhenTheBoardCannotBeRead(t *testing.T) {
	h := newHouse(waits)
	h.board.unread = errDisk
	_, err := h.act(nurse, process())
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, errDisk, "for the log")
	assert.NotErrorIs(t, err, ErrNotFound)
	assert.Zero(t, h.ledger.records)
}

// R46: what can't be recorded isn't accepted.
func TestActWhenNothingCanBeRecorded(t *testing.T) {
	h := newHouse(waits)
	h.ledger.full = errDisk
	a, err := h.act(nurse, process())
	require.ErrorIs(t, err, ErrUnrecorded)
	require.ErrorIs(t, err, errDisk)
	assert.Zero(t, a)
}

// Two colleagues decide on one alert at once, a hundred times: one of them is
// accepted, the other learns of it.
func TestActTwiceAtOnce(t *testing.T) {
	for range 100 {
		h := newHouse(waits)
		errs := make([]error, 2)
		start := make(chan struct{})
		var both sync.WaitGroup
		for i := range errs {
			both.Go(func() {
				<-start
				_, errs[i] = h.act(Actor{ID: HCPID(fmt.Sprint("h-", i)), Role: RoleAdmin}, process())
			})
		}
		close(start)
		both.Wait()
		var inFlight *InFlightError
		require.ErrorAs(t, errors.Join(errs...), &inFlight)
		require.Contains(t, errs, nil)
		require.Len(t, h.ledger.all(), 1)
	}
}

// Several at once: each by itself, in their order.
func TestActOnAll(t *testing.T) {
	third, fourth := waits, waits
	third.ID, fourth.ID = "a-3", "a-4"
	h := newHouse(waits, others, third, fourth)
	before, err := h.act(nurse, processOf(fourth))
	require.NoError(t, err)
	stale, invalid := processOf(third), processOf(third)
	stale.Seen = noon
	invalid.Change.Status = "snoozed"
	decisions := []Decision{
		processOf(others), process(), stale, processOf(fourth), invalid, processOf(third), processOf(Alert{ID: "nowhere"}),
	}
	h.ledger.records = 0

	results := h.ActOnAll(t.Context(), nurse, "the key", decisions)
	require.Len(t, results, len(decisions))
	for i, d := range decisions {
		assert.Equal(t, d.Alert, results[i].Alert)
	}
	assert.Equal(t, 1, h.ledger.records, "what is accepted is recorded together")
	assert.Equal(t, []Action{before, results[1].Action, results[5].Action}, h.ledger.all())
	var conflict *ConflictError
	var bad *InvalidError
	assert.Equal(t, ErrNotFound, results[0].Err)
	assert.NoError(t, results[1].Err)
	assert.ErrorAs(t, results[2].Err, &conflict)
	assert.Equal(t, &InFlightError{before}, results[3].Err)
	assert.ErrorAs(t, results[4].Err, &bad)
	assert.NoError(t, results[5].Err)
	assert.Equal(t, ErrNotFound, results[6].Err)
	for i, r := range results {
		assert.Equal(t, r.Err != nil, r.Action.ID == "", i)
	}
}

func TestActOnAllOfNothing(t *testing.T) {
	h := newHouse(waits)
	assert.Empty(t, h.ActOnAll(t.Context(), nurse, "the key", nil))
	results := h.ActOnAll(t.Context(), nurse, "the key", []Decision{processOf(others)})
	assert.Equal(t, []Result{{Alert: others.ID, Err: ErrNotFound}}, results)
	assert.Zero(t, h.ledger.records)
}

// Somebody may be faster with one of them between the look and the recording. That
// one is lost, the others aren't.
func TestActOnAllWhenOneRaceIsLost(t *testing.T) {
	second, third := waits, waits
	second.ID, third.ID = "a-5", "a-6"
	h := newHouse(waits, second, third)
	colleagues := Action{ID: "faster", Alert: second.ID, Actor: "h-9", State: StateRecorded}
	h.ledger.beforeRecord = func(nth int) {
		if nth == 1 {
			h.ledger.actions = append(h.ledger.actions, colleagues)
		}
	}
	results := h.ActOnAll(t.Context(), nurse, "the key", []Decision{process(), processOf(second), processOf(third)})
	require.NoError(t, results[0].Err)
	require.NoError(t, results[2].Err)
	assert.Equal(t, Result{Alert: second.ID, Err: &InFlightError{colleagues}}, results[1])
	assert.Equal(t, []Action{colleagues, results[0].Action, results[2].Action}, h.ledger.all())
}

// The same alert twice in one go is one decision, and one that came too late.
func TestActOnAllWithOneTwice(t *testing.T) {
	h := newHouse(waits)
	results := h.ActOnAll(t.Context(), nurse, "the key", []Decision{process(), process()})
	require.NoError(t, results[0].Err)
	assert.Equal(t, &InFlightError{results[0].Action}, results[1].Err)
	assert.Len(t, h.ledger.all(), 1)
}

// Nothing is ever reported accepted that isn't.
func TestActOnAllWhenNothingCanBeRecorded(t *testing.T) {
	second := waits
	second.ID = "a-5"
	h := newHouse(waits, second)
	h.ledger.full = errDisk
	for _, r := range h.ActOnAll(t.Context(), nurse, "the key", []Decision{process(), processOf(second)}) {
		assert.ErrorIs(t, r.Err, ErrUnrecorded)
		assert.Zero(t, r.Action)
	}
	assert.Equal(t, 1, h.ledger.records, "a full disk isn't asked for each")
}
