package handlers_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// interval is long, so that a slow test isn't late.
const interval = time.Minute

// fakeBoard is a board in memory that a test changes at will. All of its window
// was confirmed when it was made.
type fakeBoard struct {
	made time.Time
	days []triage.Day

	mu      sync.Mutex
	entries map[triage.AlertID]triage.Entry
	version uint64
	shape   func(*triage.Snapshot) // the last word on a snapshot; may be nil
	publish func(*triage.Snapshot) // told of every change; may be nil
	history func(context.Context, triage.Alert) ([]triage.Record, error)
	unread  error // if set, what isn't in the snapshot can't be read
}

func newFakeBoard() *fakeBoard {
	now := time.Now()
	today := triage.DayOf(now, time.UTC)
	return &fakeBoard{
		made: now, days: []triage.Day{today, today.Add(-1), today.Add(-2)},
		entries: map[triage.AlertID]triage.Entry{},
		history: func(context.Context, triage.Alert) ([]triage.Record, error) { return nil, nil },
	}
}

// put adds alerts, or changes them; all were returned by today's listing.
func (b *fakeBoard) put(alerts ...triage.Alert) {
	b.change(func() {
		for _, a := range alerts {
			b.entries[a.ID] = triage.Entry{Alert: a, Day: b.days[0], ConfirmedAt: b.made}
		}
	})
}

// vanish leaves the alert unconfirmed since the given time: its day was listed
// without it.
func (b *fakeBoard) vanish(id triage.AlertID, since time.Time) {
	b.change(func() {
		e := b.entries[id]
		e.ConfirmedAt, e.Missing = since, true
		b.entries[id] = e
	})
}

func (b *fakeBoard) remove(id triage.AlertID) { b.change(func() { delete(b.entries, id) }) }

// change changes what the board knows, and publishes it.
func (b *fakeBoard) change(what func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what()
	b.version++
	if b.publish != nil {
		b.publish(b.snapshot())
	}
}

func (b *fakeBoard) Snapshot() *triage.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

func (b *fakeBoard) snapshot() *triage.Snapshot {
	s := triage.Snapshot{Version: b.version, Started: b.made, Interval: interval, Today: b.days[:1]}
	for _, d := range b.days {
		s.Days = append(s.Days, triage.DayState{Day: d, ConfirmedAt: b.made})
	}
	for _, e := range b.entries {
		switch midnight := time.Now().Truncate(24 * time.Hour); {
		case e.Status != triage.StatusProcessed:
			s.Entries = append(s.Entries, &e)
		case !e.ProcessedAt.Before(midnight):
			s.Processed = append(s.Processed, &e)
		}
	}
	if b.shape != nil {
		b.shape(&s)
	}
	return s.Freeze()
}

func (b *fakeBoard) Find(_ context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[id]
	return e, ok && b.unread == nil, b.unread
}

// find is Find for the tests.
func (b *fakeBoard) find(id triage.AlertID) (triage.Entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[id]
	return e, ok
}

func (b *fakeBoard) OfPatient(_ context.Context, id triage.PatientID) ([]triage.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []triage.Entry
	for _, e := range b.entries {
		if e.Patient == id {
			out = append(out, e)
		}
	}
	return out, b.unread
}

func (b *fakeBoard) History(ctx context.Context, a triage.Alert) ([]triage.Record, error) {
	return b.history(ctx, a)
}

// NotesWith looks into the histories that a test's board knows of all its alerts.
func (b *fakeBoard) NotesWith(term triage.Term) map[triage.AlertID]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[triage.AlertID]bool{}
	for id, e := range b.entries {
		records, _ := b.history(context.Background(), e.Alert)
		for _, r := range records {
			if term.In(triage.Fold(r.Note)) {
				out[id] = true
			}
		}
	}
	return out
}

// fakeNames knows the names it was given. A test may change them while nobody
// asks; while event streams do, by its methods.
type fakeNames struct {
	mu       sync.RWMutex
	patients map[triage.PatientID]triage.Patient
	hcps     map[triage.HCPID]triage.HCP
	groups   map[triage.GroupID]string
	programs map[triage.ProgramID]string
	source   triage.NameSource
	at       time.Time
}

// Source and At are what a test set.
func (n *fakeNames) Source() triage.NameSource { return n.source }

func (n *fakeNames) At() time.Time { return n.at }

// ProtocolName is the one some patient's protocol has.
func (n *fakeNames) ProtocolName(id triage.ProtocolID) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, p := range n.patients {
		if id != "" && p.Protocol == id {
			return p.ProtocolName
		}
	}
	return ""
}

// Version differs whenever anything a test changed does.
func (n *fakeNames) Version() uint64 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	all := fnv.New64()
	fmt.Fprint(all, n.patients, n.hcps, n.groups, n.programs) // sorts the keys
	return all.Sum64()
}

func (n *fakeNames) Patient(id triage.PatientID) (triage.Patient, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	p, ok := n.patients[id]
	return p, ok
}

func (n *fakeNames) HCP(id triage.HCPID) (triage.HCP, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	h, ok := n.hcps[id]
	return h, ok
}

func (n *fakeNames) GroupName(id triage.GroupID) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.groups[id]
}

func (n *fakeNames) ProgramName(id triage.ProgramID) string { return n.programs[id] }

func (n *fakeNames) GroupNames() iter.Seq2[triage.GroupID, string] {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return maps.All(maps.Clone(n.groups))
}

func (n *fakeNames) ProgramNames() iter.Seq2[triage.ProgramID, string] { return maps.All(n.programs) }

func (n *fakeNames) Patients() iter.Seq[triage.Patient] {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return maps.Values(maps.Clone(n.patients))
}

func (n *fakeNames) patient(p triage.Patient) { n.change(func() { n.patients[p.ID] = p }) }

func (n *fakeNames) change(what func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	what()
}

// HCPByEmail makes fakeNames the directory that sign-in asks, too.
func (n *fakeNames) HCPByEmail(_ context.Context, email string) (triage.HCP, bool, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, h := range n.hcps {
		if h.Active && strings.EqualFold(h.Email, email) {
			return h, true, nil
		}
	}
	return triage.HCP{}, false, nil
}

func (n *fakeNames) HCPInMemory(email string) (triage.HCP, bool, bool) {
	h, active, _ := n.HCPByEmail(context.Background(), email)
	return h, active, true
}

func (n *fakeNames) GroupsOf(h triage.HCP) (map[triage.GroupID]bool, []string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	ids := map[triage.GroupID]bool{}
	for id, name := range n.groups {
		if name == h.Groups {
			ids[id] = true
		}
	}
	return ids, nil
}

// acted is one call of Act.
type acted struct {
	actor    triage.Actor
	key      triage.Key
	decision triage.Decision
	ctxErr   error // whether the context it got was over
}

// fakeActions accepts decisions as the real Service does, unless told to fail.
type fakeActions struct {
	*triage.Service

	mu     sync.Mutex
	calls  []acted
	fails  error
	before func() // happens between the click and the record; may be nil
}

func (f *fakeActions) Act(ctx context.Context, actor triage.Actor, key triage.Key, d triage.Decision) (triage.Action, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before != nil {
		f.before()
	}
	f.calls = append(f.calls, acted{actor, key, d, ctx.Err()})
	if f.fails != nil {
		return triage.Action{}, f.fails
	}
	return f.Service.Act(ctx, actor, key, d)
}

// fakeOutbox keeps actions in memory, and carries them out when a test says so.
type fakeOutbox struct {
	board  *fakeBoard
	audit  *fakeAudit
	change func([]triage.AlertID) // told of every step

	mu      sync.Mutex
	actions []triage.Action // newest last
}

func (o *fakeOutbox) Record(ctx context.Context, _ triage.Key, actions ...triage.Action) error {
	for _, a := range actions {
		for _, other := range o.On(a.Alert) {
			if other.State.InFlight() && (other.Undoes == "") == (a.Undoes == "") {
				return &triage.InFlightError{Action: other}
			}
		}
		event := a.Event
		event.Outcome, event.Private = audit.Begun, audit.Private{Note: a.Change.Note, Category: a.Change.Category}
		if err := o.audit.Record(ctx, event); err != nil {
			return fmt.Errorf("%w: %w", triage.ErrUnrecorded, err)
		}
	}
	o.mu.Lock()
	o.actions = append(o.actions, actions...)
	o.mu.Unlock()
	for _, a := range actions {
		o.change([]triage.AlertID{a.Alert})
	}
	return nil
}

func (o *fakeOutbox) Take(_ context.Context, actor triage.HCPID, id triage.ActionID, step triage.Step, _ triage.Key) (triage.Action, error) {
	a, ok, _ := o.Action(context.Background(), actor, id)
	if !ok {
		return triage.Action{}, triage.ErrNotFound
	}
	next, err := a.After(step, triage.ReasonNone, time.Now())
	if err != nil {
		return a, fmt.Errorf("%w: %w", triage.ErrSettled, err)
	}
	o.put(next)
	return next, nil
}

func (o *fakeOutbox) Action(_ context.Context, actor triage.HCPID, id triage.ActionID) (triage.Action, bool, error) {
	for _, a := range o.all() {
		if a.ID == id && a.Actor == actor {
			return a, true, nil
		}
	}
	return triage.Action{}, false, nil
}

func (o *fakeOutbox) all() []triage.Action {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.actions)
}

func (o *fakeOutbox) which(is func(triage.Action) bool) []triage.Action {
	return slices.DeleteFunc(o.all(), func(a triage.Action) bool { return !is(a) })
}

func (o *fakeOutbox) Recent(_ context.Context, actor triage.HCPID, since time.Time) ([]triage.Action, error) {
	recent := o.which(func(a triage.Action) bool { return a.Actor == actor && !a.RecordedAt.Before(since) })
	slices.Reverse(recent)
	return recent, nil
}

func (o *fakeOutbox) OfBatch(_ context.Context, actor triage.HCPID, id triage.BatchID) ([]triage.Action, error) {
	return o.which(func(a triage.Action) bool { return a.Actor == actor && a.Batch == id }), nil
}

func (o *fakeOutbox) On(id triage.AlertID) []triage.Action {
	return o.which(func(a triage.Action) bool { return a.Alert == id && a.SettledAt.IsZero() })
}

func (o *fakeOutbox) Unfinished(actor triage.HCPID) []triage.Action {
	return o.which(func(a triage.Action) bool {
		return a.Actor == actor && a.SettledAt.IsZero() && !a.State.InFlight()
	})
}

// put takes an action as it is now.
func (o *fakeOutbox) put(a triage.Action) {
	o.mu.Lock()
	i := slices.IndexFunc(o.actions, func(b triage.Action) bool { return b.ID == a.ID })
	o.actions[i] = a
	o.mu.Unlock()
	o.change([]triage.AlertID{a.Alert})
}

// end takes what is in flight through steps, for a reason.
func (o *fakeOutbox) end(reason triage.Reason, steps ...triage.Step) {
	for _, a := range o.which(func(a triage.Action) bool { return a.State.InFlight() }) {
		for _, step := range steps {
			next, err := a.After(step, reason, time.Now())
			if err != nil {
				panic(err) // the test asks for what can't be
			}
			a = next
		}
		o.put(a)
	}
}

// confirm does what is in flight to the board, as Luscii would.
func (o *fakeOutbox) confirm() {
	for _, action := range o.which(func(a triage.Action) bool { return a.State.InFlight() }) {
		e, _ := o.board.find(action.Alert)
		a, now := e.Alert, time.Now().UTC()
		a.Status, a.UpdatedAt = action.Change.Status, now
		a.ProcessedAt, a.ProcessedBy, a.EscalatedAt, a.EscalatedBy = time.Time{}, "", time.Time{}, ""
		switch a.Status {
		case triage.StatusProcessed:
			a.ProcessedAt, a.ProcessedBy = now, action.Actor
		case triage.StatusEscalated:
			a.EscalatedAt, a.EscalatedBy = now, action.Actor
		}
		o.board.put(a)
		sent, _ := action.After(triage.StepSend, triage.ReasonNone, now)
		sent.Result = now
		done, _ := sent.After(triage.StepConfirm, triage.ReasonNone, now)
		o.put(done)
		event := done.Event
		event.Outcome = audit.Done
		if err := o.audit.Record(context.Background(), event); err != nil {
			panic(err)
		}
	}
}

// fakeKeys says what a key may: those of who reads all alerts begin with "all".
type fakeKeys struct{ fails error }

func (k *fakeKeys) CheckKey(_ context.Context, key triage.Key) (bool, error) {
	if k.fails != nil {
		return false, k.fails
	}
	if !strings.Contains(key.Reveal(), "-key") {
		return false, triage.ErrKeyRefused
	}
	return strings.HasPrefix(key.Reveal(), "all"), nil
}

// failingDrafts keeps nothing.
type failingDrafts struct{}

func (failingDrafts) Save(context.Context, triage.HCPID, triage.AlertID, desk.Draft) error {
	return errBroken
}

func (failingDrafts) Find(context.Context, triage.HCPID, triage.AlertID) (desk.Draft, error) {
	return desk.Draft{}, errBroken
}

func (failingDrafts) Discard(context.Context, triage.HCPID, triage.AlertID) error { return errBroken }
