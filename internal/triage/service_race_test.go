package triage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R44, R46: two clinicians decide about one alert at once. One of them writes,
// the other is told what happened; no turn is left behind.
func TestActTwiceAtOnce(t *testing.T) {
	for range 100 {
		f := newFakeLuscii(waits)
		s := NewService(f, f)
		decisions := []Decision{process(), process()}
		decisions[1].Change.Status = StatusEscalated
		done, errs := make([]Alert, 2), make([]error, 2)
		start := make(chan struct{})
		var both sync.WaitGroup
		for i, d := range decisions {
			both.Go(func() {
				<-start
				done[i], errs[i] = actOn(s, nurse, d)
			})
		}
		close(start)
		both.Wait()

		winner, loser := 0, 1
		if errs[winner] != nil {
			winner, loser = 1, 0
		}
		require.NoError(t, errs[winner])
		require.Len(t, f.puts, 1)
		assert.Equal(t, decisions[winner].Change, f.puts[0].change)
		var conflict *ConflictError
		require.ErrorAs(t, errs[loser], &conflict)
		assert.Equal(t, done[winner], conflict.Now, "they see what happened instead")
		assert.Equal(t, 1, f.rereads, "the board knew it without asking")
		assert.Empty(t, s.writing)
	}
}

// Each alert has its own turn: a write that hangs holds up nobody else's, and a
// write to the same alert only until it ends.
func TestActWaitsForItsAlertAlone(t *testing.T) {
	other := waits
	other.ID = "a-3"
	f := newFakeLuscii(waits, other)
	slow := &slowSender{fakeLuscii: f, hold: map[AlertID]chan struct{}{waits.ID: make(chan struct{})}}
	s := NewService(f, slow)
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := actOn(s, nurse, process())
			results <- err
		}()
	}
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.writing[waits.ID] != nil && s.writing[waits.ID].waiting == 2
	}, 10*time.Second, time.Millisecond, "one writes, one waits")

	d := process()
	d.Alert = other.ID
	_, err := actOn(s, nurse, d)
	require.NoError(t, err, "another alert isn't held up")
	assert.Empty(t, results)

	close(slow.hold[waits.ID])
	errs := []error{<-results, <-results}
	var conflict *ConflictError
	require.ErrorAs(t, errors.Join(errs...), &conflict, "the one that waited")
	assert.Contains(t, errs, nil, "the one that wrote")
	assert.Len(t, f.puts, 2, "one for each alert")
	assert.Empty(t, s.writing)
}

// slowSender holds back the writes to some alerts.
type slowSender struct {
	*fakeLuscii
	hold map[AlertID]chan struct{}
}

func (s *slowSender) UpdateAlert(ctx context.Context, key Key, id AlertID, c Change) (Alert, error) {
	if held, ok := s.hold[id]; ok {
		<-held
	}
	return s.fakeLuscii.UpdateAlert(ctx, key, id, c)
}

// A turn ends however the write does.
func TestActLeavesNoTurnBehind(t *testing.T) {
	for name, spoil := range map[string]func(*fakeLuscii){
		"conflict": func(f *fakeLuscii) { f.apply(waits.ID, StatusProcessed, "h-9") },
		"gone":     func(f *fakeLuscii) { delete(f.present, waits.ID) },
		"no re-read": func(f *fakeLuscii) {
			f.onReread = func(AlertID, int) (Alert, error) { return Alert{}, ErrBusy }
		},
		"refused": func(f *fakeLuscii) {
			f.onPut = func(Key, AlertID, Change) (Alert, error) { return Alert{}, ErrRejected }
		},
		"uncertain": func(f *fakeLuscii) {
			f.onPut = func(Key, AlertID, Change) (Alert, error) { return Alert{}, ErrUncertain }
		},
		"done": func(*fakeLuscii) {},
	} {
		f := newFakeLuscii(waits)
		spoil(f)
		s := NewService(f, f)
		_, err := actOn(s, nurse, process())
		assert.Equal(t, name == "done", err == nil, name)
		assert.Empty(t, s.writing, name)
	}

	f := newFakeLuscii(waits)
	s := NewService(f, panicking{f})
	assert.Panics(t, func() { _, _ = actOn(s, nurse, process()) })
	assert.Empty(t, s.writing, "nor by a panic")
}

type panicking struct{ *fakeLuscii }

func (panicking) UpdateAlert(context.Context, Key, AlertID, Change) (Alert, error) {
	panic("broken adapter")
}

// Many clinicians, few alerts: each alert is written once for every state it
// had, never twice for one.
func TestActInACrowd(t *testing.T) {
	var alerts []Alert
	for i := range 4 {
		a := waits
		a.ID = AlertID(fmt.Sprintf("a-%d", i))
		alerts = append(alerts, a)
	}
	f := newFakeLuscii(alerts...)
	s := NewService(f, f)
	var crowd sync.WaitGroup
	for i := range 40 {
		crowd.Go(func() {
			d := process()
			d.Alert = alerts[i%len(alerts)].ID
			if _, err := actOn(s, nurse, d); err != nil {
				var conflict *ConflictError
				assert.True(t, errors.As(err, &conflict), "%v", err)
			}
		})
	}
	crowd.Wait()
	assert.Len(t, f.puts, len(alerts))
	assert.Empty(t, s.writing)
	for _, a := range alerts {
		assert.Equal(t, a.UpdatedAt.Add(time.Second), f.present[a.ID].UpdatedAt)
	}
}
