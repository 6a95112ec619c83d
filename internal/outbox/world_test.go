package outbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

const (
	timeout  = 10 * time.Second
	grace    = 35 * time.Second
	retryFor = 15 * time.Minute
)

// fakeLuscii is Luscii and the board's view of it: it holds alerts and their
// records, counts what it applied, and answers PUTs as it is told.
type fakeLuscii struct {
	mu      sync.Mutex
	alerts  map[triage.AlertID]triage.Alert
	records map[triage.AlertID][]triage.Record
	applied []string // "alert status note", in order
	sent    []time.Time
	rereads int
	taken   []triage.Alert

	onPut    func(nth int) putFault // nil: every PUT works
	onReread func(nth int) error    // nil: every re-read works
	unread   bool                   // the records can't be read
}

// putFault is how a PUT goes wrong.
type putFault struct {
	err   error         // what the sender learns; nil: all is well
	after time.Duration // when it is applied all the same; negative: never
	while func()        // happens while it is under way; may be nil
	slow  time.Duration // how long it is under way, unless the sender gives up
}

var never = time.Duration(-1)

func newLuscii(ids ...triage.AlertID) *fakeLuscii {
	l := &fakeLuscii{alerts: map[triage.AlertID]triage.Alert{}, records: map[triage.AlertID][]triage.Record{}}
	for _, id := range ids {
		at := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
		l.alerts[id] = triage.Alert{
			ID: id, Patient: triage.PatientID("p-" + id), Group: "g-1", Flag: triage.FlagRed, Status: triage.StatusOpen, CreatedAt: at, UpdatedAt: at,
		}
	}
	return l
}

func (l *fakeLuscii) alert(id triage.AlertID) triage.Alert {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.alerts[id]
}

// change changes an alert as a PUT by this professional does.
func (l *fakeLuscii) change(id triage.AlertID, c triage.Change, by triage.HCPID) triage.Alert {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, now := l.alerts[id], time.Now().UTC().Truncate(time.Second)
	a.Status, a.UpdatedAt = c.Status, now
	a.ProcessedAt, a.ProcessedBy = time.Time{}, ""
	a.EscalatedAt, a.EscalatedBy = time.Time{}, ""
	switch c.Status {
	case triage.StatusProcessed:
		a.ProcessedAt, a.ProcessedBy = now, by
	case triage.StatusEscalated:
		a.EscalatedAt, a.EscalatedBy = now, by
	}
	l.alerts[id] = a
	l.records[id] = append(l.records[id], triage.Record{Category: c.Category, Note: c.Note, CreatedAt: now})
	l.applied = append(l.applied, fmt.Sprintf("%s %s %s", id, c.Status, c.Note))
	return a
}

func (l *fakeLuscii) UpdateAlert(ctx context.Context, key triage.Key, id triage.AlertID, c triage.Change) (triage.Alert, error) {
	l.mu.Lock()
	l.sent = append(l.sent, time.Now())
	fault := putFault{}
	if l.onPut != nil {
		fault = l.onPut(len(l.sent))
	}
	l.mu.Unlock()
	if fault.while != nil {
		fault.while()
	}
	if fault.slow > 0 {
		select {
		case <-time.After(fault.slow):
		case <-ctx.Done(): // Luscii makes it all the same
			l.change(id, c, triage.HCPID(key.Reveal()[len("key of "):]))
			return triage.Alert{}, fmt.Errorf("%w: %w", triage.ErrUncertain, ctx.Err())
		}
	}
	by := triage.HCPID(key.Reveal()[len("key of "):])
	switch {
	case fault.err == nil:
		return l.change(id, c, by), nil
	case fault.after == 0:
		l.change(id, c, by)
	case fault.after > 0:
		time.AfterFunc(fault.after, func() { l.change(id, c, by) })
	}
	if errors.Is(fault.err, context.DeadlineExceeded) {
		<-ctx.Done()
		return triage.Alert{}, fmt.Errorf("%w: %w", triage.ErrUncertain, ctx.Err())
	}
	return triage.Alert{}, fault.err
}

func (l *fakeLuscii) Records(_ context.Context, id triage.AlertID) iter.Seq2[triage.Record, error] {
	l.mu.Lock()
	defer l.mu.Unlock()
	records, unread := slices.Clone(l.records[id]), l.unread
	return func(yield func(triage.Record, error) bool) {
		if unread {
			yield(triage.Record{}, triage.ErrUnavailable)
			return
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (l *fakeLuscii) Reread(_ context.Context, id triage.AlertID, _ time.Time) (triage.Alert, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rereads++
	if l.onReread != nil {
		if err := l.onReread(l.rereads); err != nil {
			return triage.Alert{}, err
		}
	}
	a, ok := l.alerts[id]
	if !ok {
		return triage.Alert{}, triage.ErrGone
	}
	return a, nil
}

func (l *fakeLuscii) Take(_ context.Context, a triage.Alert) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = append(l.taken, a)
}

func (l *fakeLuscii) Find(_ context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.alerts[id]
	return triage.Entry{Alert: a}, ok, nil
}

// house is an outbox on a real database and a Luscii it is told of.
type house struct {
	t       *testing.T
	dir     string
	luscii  *fakeLuscii
	store   *flakyStore
	out     *shipped
	outbox  *Outbox
	service *triage.Service
	mu      sync.Mutex
	told    []triage.AlertID
	stop    func()
}

// changed is the alerts that were said to look different.
func (h *house) changed() []triage.AlertID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

// shipped is the audit trail as it leaves the program.
type shipped struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *shipped) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *shipped) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// flakyStore is a real store whose writes fail while it is told so.
type flakyStore struct {
	*storage.Store
	mu    sync.Mutex
	fails func(step triage.ActionStep) error
}

func (s *flakyStore) StepAction(ctx context.Context, chain *audit.Chain, step triage.ActionStep, events []audit.Event) ([]audit.Record, error) {
	s.mu.Lock()
	fails := s.fails
	s.mu.Unlock()
	if fails != nil {
		if err := fails(step); err != nil {
			return nil, err
		}
	}
	return s.Store.StepAction(ctx, chain, step, events)
}

// actorOf is a professional who may do everything.
func actorOf(id triage.HCPID) triage.Actor {
	return triage.Actor{ID: id, SignIn: "s-" + string(id), Role: triage.RoleAdmin}
}

func keyOf(id triage.HCPID) triage.Key { return triage.Key("key of " + string(id)) }

// newHouse builds a house on a database in dir; it must be torn down within the
// bubble of the test.
func newHouse(t *testing.T, dir string, l *fakeLuscii) *house {
	t.Helper()
	store, err := storage.Open(t.Context(), "sqlite:"+filepath.Join(dir, "board.db"))
	require.NoError(t, err)
	sealer, err := auth.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	chain, err := audit.NewChain([][]byte{bytes.Repeat([]byte{5}, 32)}, sealer)
	require.NoError(t, err)
	h := &house{t: t, dir: dir, luscii: l, store: &flakyStore{Store: store}, out: &shipped{}}
	log := slog.New(slog.DiscardHandler)
	h.outbox, err = New(t.Context(), Options{
		Store: h.store, Truth: l, Luscii: l, Sealer: sealer, Timeout: timeout, Grace: grace, RetryFor: retryFor, Log: log,
		Recorder: audit.NewRecorder(audit.Options{Keeper: store, Chain: chain, Out: h.out, Years: 5, Log: log}),
		OnChange: func(alerts []triage.AlertID) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.told = append(h.told, alerts...)
		},
	})
	require.NoError(t, err)
	h.service = triage.NewService(l, h.outbox, retryFor)
	h.stop = func() {}
	return h
}

// run starts the outbox.
func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.outbox.Run(ctx)
	}()
	h.stop = func() {
		cancel()
		<-ended
	}
}

// tearDown stops what runs and closes the database.
func (h *house) tearDown() {
	h.stop()
	h.stop = func() {}
	require.NoError(h.t, h.store.Close())
}

// killed is another house on the same database, as after SIGKILL: the former one's
// steps are kept no more.
func (h *house) killed() *house {
	h.t.Helper()
	h.store.mu.Lock()
	h.store.fails = func(triage.ActionStep) error { return errors.New("the process is dead") }
	h.store.mu.Unlock()
	h.tearDown()
	return newHouse(h.t, h.dir, h.luscii)
}

// decide is a decision about an alert as Luscii has it now.
func (h *house) decide(id triage.AlertID, status triage.Status, note string) triage.Decision {
	a := h.luscii.alert(id)
	return triage.Decision{Alert: id, Seen: a.UpdatedAt, Status: a.Status, Change: triage.Change{Status: status, Note: note}}
}

// act has a decision accepted.
func (h *house) act(by triage.HCPID, id triage.AlertID, status triage.Status, note string) triage.Action {
	h.t.Helper()
	a, err := h.service.Act(h.t.Context(), actorOf(by), keyOf(by), h.decide(id, status, note))
	require.NoError(h.t, err)
	return a
}

// now is an action as it is stored.
func (h *house) now(a triage.Action) triage.KeptAction {
	h.t.Helper()
	kept, ok, err := h.store.KeptAction(h.t.Context(), a.ID)
	require.NoError(h.t, err)
	require.True(h.t, ok)
	return kept
}

func (h *house) assertState(a triage.Action, state triage.ActionState, reason triage.Reason) {
	h.t.Helper()
	kept := h.now(a)
	assert.Equal(h.t, state, kept.State)
	assert.Equal(h.t, reason, kept.Reason)
	assert.Equal(h.t, !state.InFlight(), len(kept.Key) == 0, "the key goes with the flight")
}
