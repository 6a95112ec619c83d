package triage

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	nurse  = Actor{ID: "of nurse-key", Role: RolePrimary, Groups: map[GroupID]bool{"g-own": true}}
	waits  = Alert{ID: "a-1", Group: "g-own", Flag: FlagRed, Status: StatusOpen, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
	others = Alert{ID: "a-2", Group: "g-other", Flag: FlagRed, Status: StatusOpen, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
)

// process is the decision to process waits, as it was seen.
func process() Decision {
	return Decision{Alert: waits.ID, Seen: waits.UpdatedAt, Change: Change{Status: StatusProcessed, Category: "request_visit", Note: "Gebeld."}}
}

func act(f *fakeLuscii, actor Actor, d Decision) (Alert, error) {
	return actOn(NewService(f, f), actor, d)
}

func actOn(s *Service, actor Actor, d Decision) (Alert, error) {
	return s.Act(context.Background(), actor, "nurse-key", d)
}

func TestActWrites(t *testing.T) {
	for _, status := range []Status{StatusProcessed, StatusEscalated, StatusOpen} {
		f := newFakeLuscii(waits, others)
		d := process()
		d.Change.Status = status
		done, err := act(f, nurse, d)

		require.NoError(t, err)
		assert.Equal(t, f.present[waits.ID], done, "what Luscii answered is what is returned")
		assert.Equal(t, status, done.Status)
		assert.Equal(t, []put{{"nurse-key", waits.ID, d.Change}}, f.puts, "with the clinician's own key, as decided")
		assert.Equal(t, 1, f.rereads, "after a re-read") // R44
		assert.Equal(t, []Alert{done}, f.taken, "the board is told")
	}
}

func TestActRefusesBadInputFirst(t *testing.T) {
	f := newFakeLuscii(waits)
	d := process()
	d.Change.Status, d.Alert = "snoozed", "nowhere"
	_, err := act(f, nurse, d)
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	assert.Zero(t, f.upstream())
}

// Nobody learns whether an id that isn't theirs exists.
func TestActOutOfScopeIsAsUnknown(t *testing.T) {
	f := newFakeLuscii(waits, others)
	foreign, unknown := process(), process()
	foreign.Alert, unknown.Alert = others.ID, "nowhere"

	_, errForeign := act(f, nurse, foreign)
	_, errUnknown := act(f, nurse, unknown)
	assert.Equal(t, ErrNotFound, errUnknown)
	assert.Equal(t, errUnknown, errForeign)
	assert.Zero(t, f.upstream())

	second := Actor{ID: "h-2", Role: RoleSecondary, Groups: nurse.Groups}
	_, err := act(f, second, process())
	assert.Equal(t, ErrNotFound, err, "never escalated: not HC_SECONDARY's")
	assert.Zero(t, f.upstream())
}

func TestActForbidden(t *testing.T) {
	f := newFakeLuscii(waits)
	_, err := act(f, Actor{ID: "h-3", Role: RoleViewAll}, process())
	assert.Equal(t, ErrForbidden, err)
	assert.Zero(t, f.upstream())
}

// R44: what the board already knows better needs no question.
func TestActOnWhatTheBoardKnowsToBeStale(t *testing.T) {
	f := newFakeLuscii(waits)
	d := process()
	d.Seen = d.Seen.Add(-time.Second)
	_, err := act(f, nurse, d)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, waits, conflict.Now)
	assert.Zero(t, f.upstream())
	assert.Empty(t, f.taken)
}

// R44, CONTRACT: seen is compared as an instant.
func TestActComparesSeenAsAnInstant(t *testing.T) {
	f := newFakeLuscii(waits)
	d := process()
	d.Seen = d.Seen.In(time.FixedZone("CET", 3600))
	_, err := act(f, nurse, d)
	require.NoError(t, err)
	assert.Len(t, f.puts, 1)
}

// R44: if the re-read finds another state than the clinician saw, nothing is
// written and they are told what was found.
func TestActOnWhatChangedMeanwhile(t *testing.T) {
	taken := waits
	taken.Status, taken.ProcessedBy, taken.ProcessedAt = StatusProcessed, "h-9", noon
	updated := taken
	updated.UpdatedAt = noon
	touched := waits
	touched.UpdatedAt = noon
	for name, now := range map[string]Alert{
		"processed by another":               updated,
		"another status within one second":   taken,
		"the same status, but updated since": touched,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeLuscii(waits)
			f.present[waits.ID] = now
			_, err := act(f, nurse, process())
			var conflict *ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, now, conflict.Now)
			assert.Equal(t, 1, f.rereads)
			assert.Empty(t, f.puts, "nothing is written")
			assert.Empty(t, f.taken)
		})
	}
}

// An alert that left the clinician's scope since the board saw it is theirs no
// more, even where its updatedAt didn't move.
func TestActOnWhatLeftTheScopeMeanwhile(t *testing.T) {
	moved := waits
	moved.Group = others.Group
	f := newFakeLuscii(waits)
	f.present[waits.ID] = moved
	_, err := act(f, nurse, process())
	assert.Equal(t, ErrForbidden, err)
	assert.Empty(t, f.puts)
	assert.Empty(t, f.taken)
}

// A write must not go out when the clinician has long looked elsewhere.
func TestActDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeLuscii(waits)
		begun := time.Now()
		_, err := actOn(NewService(silent{f}, f), nurse, process())
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 12*time.Second, time.Since(begun))
		assert.Empty(t, f.puts)
	})
}

// silent never answers a re-read.
type silent struct{ *fakeLuscii }

func (silent) Reread(ctx context.Context, _ AlertID, _ time.Time) (Alert, error) {
	<-ctx.Done()
	return Alert{}, ctx.Err()
}

func TestActOnWhatIsGone(t *testing.T) {
	f := newFakeLuscii(waits)
	delete(f.present, waits.ID)
	_, err := act(f, nurse, process())
	require.ErrorIs(t, err, ErrGone)
	assert.NotErrorIs(t, err, ErrUnavailable)
	assert.Empty(t, f.puts)
	assert.Empty(t, f.taken)
}

// A re-read is made with the service key: what is wrong with it is never said to
// be wrong with the clinician's, and a listing that isn't found is no sign that
// the alert isn't.
func TestActWhenTheRereadFails(t *testing.T) {
	for _, kind := range []error{
		ErrKeyRefused, ErrForbidden, ErrNotFound, ErrRejected, ErrUnavailable, ErrBusy, ErrMalformed, ErrPartial, context.DeadlineExceeded,
	} {
		t.Run(kind.Error(), func(t *testing.T) {
			f := newFakeLuscii(waits)
			f.onReread = func(AlertID, int) (Alert, error) { return Alert{}, fmt.Errorf("list alerts: %w", kind) }
			_, err := act(f, nurse, process())
			require.ErrorIs(t, err, ErrUnavailable)
			require.ErrorIs(t, err, kind, "for the log")
			assert.NotErrorIs(t, err, ErrGone)
			assert.NotErrorIs(t, err, ErrUncertain)
			assert.Empty(t, f.puts)
			assert.Empty(t, f.taken)
		})
	}
}

// The board forgets a processed alert that left the window; between the first
// look and the alert's turn that may happen.
func TestActOnWhatTheBoardForgotMeanwhile(t *testing.T) {
	f := newFakeLuscii(waits)
	_, err := actOn(NewService(forgetful{f}, f), nurse, process())
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Empty(t, f.puts)
}

// forgetful knows an alert once.
type forgetful struct{ *fakeLuscii }

func (f forgetful) Find(ctx context.Context, id AlertID) (Entry, bool, error) {
	e, ok, err := f.fakeLuscii.Find(ctx, id)
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, id)
	return e, ok, err
}

// Where what is known can't be read, nothing is compared, and nothing written.
func TestActWhenWhatIsKnownCannotBeRead(t *testing.T) {
	disk := errors.New("disk failed")
	f := newFakeLuscii(waits)
	f.unread = disk
	_, err := act(f, nurse, process())
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, disk, "for the log")
	assert.NotErrorIs(t, err, ErrNotFound)
	assert.Zero(t, f.upstream())

	f.unread = nil
	_, err = actOn(NewService(failsLater{f}, f), nurse, process())
	require.ErrorIs(t, err, ErrUnavailable)
	assert.Zero(t, f.upstream())
}

// failsLater knows what is asked first, and can't be read afterwards.
type failsLater struct{ *fakeLuscii }

func (f failsLater) Find(ctx context.Context, id AlertID) (Entry, bool, error) {
	e, ok, err := f.fakeLuscii.Find(ctx, id)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unread = errHTTP
	return e, ok, err
}

// R38: a PUT that was refused passes through as it is, and nothing is shown.
func TestActWhenThePUTIsRefused(t *testing.T) {
	for _, kind := range []error{ErrKeyRefused, ErrForbidden, ErrNotFound, ErrRejected, ErrUnavailable, ErrBusy, ErrMalformed} {
		f := newFakeLuscii(waits)
		refused := fmt.Errorf("update alert: %w", kind)
		f.onPut = func(Key, AlertID, Change) (Alert, error) { return waits, refused }
		done, err := act(f, nurse, process())
		assert.Equal(t, refused, err)
		assert.Zero(t, done)
		assert.Len(t, f.puts, 1, "sent once")
		assert.Equal(t, 1, f.rereads, "no second look")
		assert.Empty(t, f.taken)
	}
}

// R46 in its simple form: when the answer is lost, a second look decides, and
// nothing is sent twice.
func TestActWhenTheAnswerIsLost(t *testing.T) {
	lost := fmt.Errorf("update alert: %w: %w", ErrUncertain, errHTTP)
	for name, tc := range map[string]struct {
		actor  Actor
		wanted Status
		// meanwhile is what becomes of the alert in Luscii.
		meanwhile func(*fakeLuscii)
		done      bool
	}{
		"it was done": {nurse, StatusProcessed, func(f *fakeLuscii) { f.apply(waits.ID, StatusProcessed, nurse.ID) }, true},
		"it was escalated": {nurse, StatusEscalated, func(f *fakeLuscii) {
			f.apply(waits.ID, StatusEscalated, nurse.ID)
		}, true},
		"another did the same":          {nurse, StatusProcessed, func(f *fakeLuscii) { f.apply(waits.ID, StatusProcessed, "h-9") }, false},
		"another did something else":    {nurse, StatusProcessed, func(f *fakeLuscii) { f.apply(waits.ID, StatusEscalated, nurse.ID) }, false},
		"nobody is named":               {nurse, StatusProcessed, func(f *fakeLuscii) { f.apply(waits.ID, StatusProcessed, "") }, false},
		"nothing happened":              {nurse, StatusProcessed, func(*fakeLuscii) {}, false},
		"a reopening names nobody":      {nurse, StatusOpen, func(f *fakeLuscii) { f.apply(waits.ID, StatusOpen, "") }, false},
		"the wanted status as it stood": {nurse, StatusOpen, func(*fakeLuscii) {}, false},
		"it is gone":                    {nurse, StatusProcessed, func(f *fakeLuscii) { delete(f.present, waits.ID) }, false},
		"the second look fails": {nurse, StatusProcessed, func(f *fakeLuscii) {
			f.onReread = func(AlertID, int) (Alert, error) { return Alert{}, ErrBusy }
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeLuscii(waits)
			f.onPut = func(Key, AlertID, Change) (Alert, error) {
				tc.meanwhile(f)
				return Alert{}, lost
			}
			d := process()
			d.Change.Status = tc.wanted
			done, err := act(f, tc.actor, d)

			assert.Len(t, f.puts, 1, "never sent twice")
			assert.Equal(t, 2, f.rereads, "looked before and after")
			if tc.done {
				require.NoError(t, err)
				assert.Equal(t, f.present[waits.ID], done)
				return
			}
			require.ErrorIs(t, err, ErrUncertain)
			assert.Zero(t, done)
			assert.Empty(t, f.taken)
		})
	}
}

// R38: an answer that doesn't say what was asked for is no success.
func TestActWhenTheAnswerSaysOtherwise(t *testing.T) {
	f := newFakeLuscii(waits)
	f.onPut = func(Key, AlertID, Change) (Alert, error) { return waits, nil }
	_, err := act(f, nurse, process())
	require.ErrorIs(t, err, ErrUncertain)
	assert.Len(t, f.puts, 1)
	assert.Empty(t, f.taken)
}

// R44: where the form told it, the status counts as well: updatedAt has whole
// seconds, in which more than one thing can happen.
func TestActComparesTheStatusSeen(t *testing.T) {
	moved := waits
	moved.Status = StatusEscalated
	f := newFakeLuscii(moved)
	d := process()
	d.Status = StatusOpen
	_, err := act(f, nurse, d)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, StatusEscalated, conflict.Now.Status)
	assert.Empty(t, f.puts)
}

// The status the clinician wanted, by them, is no proof if the alert hasn't
// moved since they saw it: it stood so before.
func TestActWhenTheAnswerIsLostAndItStoodSoBefore(t *testing.T) {
	already := waits
	already.Status, already.ProcessedBy, already.ProcessedAt = StatusProcessed, nurse.ID, waits.UpdatedAt
	f := newFakeLuscii(already)
	f.onPut = func(Key, AlertID, Change) (Alert, error) { return Alert{}, ErrUncertain }
	_, err := act(f, nurse, process())
	require.ErrorIs(t, err, ErrUncertain)
	assert.Empty(t, f.taken)
}

func TestActTellsWhyTheSecondLookFailed(t *testing.T) {
	f := newFakeLuscii(waits)
	f.onPut = func(Key, AlertID, Change) (Alert, error) { return Alert{}, fmt.Errorf("%w: %w", ErrUncertain, errHTTP) }
	f.onReread = func(_ AlertID, nth int) (Alert, error) {
		if nth == 1 {
			return waits, nil
		}
		return Alert{}, ErrKeyRefused
	}
	_, err := act(f, nurse, process())
	for _, kind := range []error{ErrUncertain, errHTTP, ErrUnavailable, ErrKeyRefused} {
		require.ErrorIs(t, err, kind)
	}
	assert.False(t, errors.Is(err, ErrGone))
}
