package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/triage"
)

// Audit is the record of who did what.
type Audit interface {
	// Record keeps events before it returns; after an error what they tell of
	// must not go on.
	Record(ctx context.Context, events ...audit.Event) error
	// Queue keeps an event within a second.
	Queue(ctx context.Context, e audit.Event) error
	// AuditRecords are the records a filter asks for.
	AuditRecords(ctx context.Context, f audit.Filter) iter.Seq2[audit.Record, error]
}

// event is what every event of a request tells.
func (s *Server) event(r *http.Request, action audit.Action, outcome audit.Outcome) audit.Event {
	e := audit.Event{
		Action: action, Outcome: outcome, RequestID: requestIDOf(r.Context()),
		AccessPoint: s.PublicURL.Scheme + "://" + s.PublicURL.Host + routeOf(r),
	}
	if a, ok := s.Auth.Actor(r.Context()); ok {
		e.User, e.Role = string(a.ID), string(a.Role)
		e.Basis = basis(a, slices.Sorted(maps.Keys(a.Groups))...)
	}
	if outcome == audit.Denied {
		e.Basis = audit.Basis{Rule: audit.ByNothing}
	}
	return e
}

// basis is what allows the actor something in these groups.
func basis(a triage.Actor, groups ...triage.GroupID) audit.Basis {
	if a.Role.ReadsAll() {
		return audit.Basis{Rule: audit.ByRole}
	}
	b := audit.Basis{Rule: audit.ByRoleAndGroup}
	for _, g := range groups {
		b.Groups = append(b.Groups, string(g))
	}
	return b
}

// record keeps an event before anything is shown or done.
func (s *Server) record(ctx context.Context, events ...audit.Event) error {
	if err := s.Audit.Record(ctx, events...); err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	return nil
}

// recordDone records what has happened already, so that an answer can't be
// refused for it any more: what can't be kept now is kept as soon as it can.
func (s *Server) recordDone(ctx context.Context, e audit.Event) {
	ctx = context.WithoutCancel(ctx)
	err := s.Audit.Record(ctx, e)
	if err == nil {
		return
	}
	s.Log.Error("an audit event waits for storage", slog.String("request_id", e.RequestID), slog.Any("error", err))
	if err := s.Audit.Queue(ctx, e); err != nil {
		s.Log.Error("an audit event is lost", slog.String("request_id", e.RequestID), slog.Any("error", err))
	}
}

// denied is the refusal, unless it couldn't be recorded.
func denied(unrecorded, refusal error) error { return cmp.Or(unrecorded, refusal) }

// auditRequest records a request that is about nothing more than itself.
func (s *Server) auditRequest(r *http.Request, action audit.Action, outcome audit.Outcome) error {
	return s.record(r.Context(), s.event(r, action, outcome))
}

// auditAlert records that one alert is shown, or isn't.
func (s *Server) auditAlert(r *http.Request, e triage.Entry, outcome audit.Outcome) error {
	return s.record(r.Context(), s.alertEvent(r, audit.AlertShown, outcome, e))
}

func (s *Server) alertEvent(r *http.Request, action audit.Action, outcome audit.Outcome, e triage.Entry) audit.Event {
	event := s.event(r, action, outcome)
	event.Patient, event.Object = string(e.Patient), audit.Object{Kind: audit.KindAlert, ID: string(e.ID)}
	if outcome != audit.Denied {
		event.Basis = basis(s.actor(r), e.Group)
	}
	return event
}

// auditUnknownAlert records that an alert was asked for that there isn't. What
// stood in the address is sealed: it may be anything, a name among it.
func (s *Server) auditUnknownAlert(r *http.Request, id string) error {
	e := s.event(r, audit.AlertShown, audit.Denied)
	e.Private.Asked = id
	return s.record(r.Context(), e)
}

// auditList records which list is shown. What a page asks for by itself counts
// only where it shows patients whom this sign-in wasn't shown before.
func (s *Server) auditList(r *http.Request, q triage.Query, page []*triage.Entry, total int) error {
	if isHTMX(r) && r.Method == http.MethodPost {
		return nil // the answer holds no list
	}
	byItself := isPoll(r) && !isMore(r)
	return s.auditRows(r, s.actor(r), q, page, total, !byItself)
}

// auditStreamed records the patients a stream brings whom this sign-in wasn't
// shown before.
func (s *Server) auditStreamed(r *http.Request, actor triage.Actor, q triage.Query, moved []triage.Moved) error {
	if s.met.all(actor.SignIn, moved) {
		return nil
	}
	rows := make([]*triage.Entry, 0, len(moved))
	for _, m := range moved {
		rows = append(rows, m.Entry)
	}
	return s.auditRows(r, actor, q, rows, 0, false)
}

// auditRows records that rows are shown, and the patients in them whom this
// sign-in wasn't shown before; without any, only where it counts anyway.
func (s *Server) auditRows(r *http.Request, actor triage.Actor, q triage.Query, rows []*triage.Entry, total int, anyway bool) error {
	fresh := s.met.unmet(actor.SignIn, rows)
	if len(fresh) == 0 && !anyway {
		return nil
	}
	e := s.event(r, audit.ListShown, audit.Done)
	e.Details = audit.Details{View: string(q.Status), Rows: len(rows), Total: total}
	for _, id := range fresh {
		e.Details.Patients = append(e.Details.Patients, string(id))
	}
	if q.Filtered() {
		e.Private.Terms = q.Text(nil, q.Status)
	}
	if err := s.Audit.Queue(r.Context(), e); err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	s.met.meet(actor.SignIn, fresh)
	return nil
}

// signInsFollowed is of how many sign-ins it is known whom they were shown; ours.
// Of one forgotten, patients are recorded once more.
const signInsFollowed = 2_000

// metPatients is whom each sign-in was shown in lists.
type metPatients struct {
	mu  sync.RWMutex
	met *lru.Cache[string, map[triage.PatientID]bool]
}

func newMetPatients() *metPatients {
	cache, err := lru.New[string, map[triage.PatientID]bool](signInsFollowed)
	if err != nil {
		panic(err) // only for a size that isn't positive
	}
	return &metPatients{met: cache}
}

// all reports whether the sign-in was shown the patients of all these alerts
// before, as mostly it was.
func (m *metPatients) all(signIn string, moved []triage.Moved) bool {
	m.mu.RLock() // every stream asks for every event
	defer m.mu.RUnlock()
	known, _ := m.met.Peek(signIn)
	for _, e := range moved {
		if !known[e.Patient] {
			return false
		}
	}
	return true
}

// unmet are the patients on a page that the sign-in wasn't shown before.
func (m *metPatients) unmet(signIn string, page []*triage.Entry) []triage.PatientID {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, _ := m.met.Get(signIn)
	var out []triage.PatientID
	var twice map[triage.PatientID]bool // mostly there is nobody new
	for _, e := range page {
		if known[e.Patient] || twice[e.Patient] {
			continue
		}
		if twice == nil {
			twice = map[triage.PatientID]bool{}
		}
		twice[e.Patient] = true
		out = append(out, e.Patient)
	}
	return out
}

// meet notes that they are recorded now.
func (m *metPatients) meet(signIn string, patients []triage.PatientID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.met.Get(signIn)
	if !ok {
		known = map[triage.PatientID]bool{}
		m.met.Add(signIn, known)
	}
	for _, id := range patients {
		known[id] = true
	}
}

// changeEvent is what a decision is recorded as; its other half is the action's.
func (s *Server) changeEvent(r *http.Request, e triage.Entry) audit.Event {
	return s.alertEvent(r, audit.AlertChanged, audit.Begun, e)
}

// auditRefused records a decision that wasn't accepted, and why.
func (s *Server) auditRefused(r *http.Request, event audit.Event, wanted triage.Status, was triage.Status, cause error) {
	event.Outcome, event.Details.Reason = outcomeOf(cause)
	event.Details.Was, event.Details.Is = string(was), string(wanted)
	var conflict *triage.ConflictError
	if errors.As(cause, &conflict) {
		event.Details.Is = string(conflict.Now.Status)
	}
	if event.Outcome == audit.Denied {
		event.Basis = audit.Basis{Rule: audit.ByNothing}
	}
	s.recordDone(r.Context(), event)
}

// outcomeOf is what an error means for the record, and why in a word.
func outcomeOf(err error) (audit.Outcome, string) {
	if err == nil {
		return audit.Done, ""
	}
	var conflict *triage.ConflictError
	if errors.As(err, &conflict) {
		return audit.Conflict, "changed"
	}
	if errors.As(err, new(*triage.InFlightError)) {
		return audit.Conflict, "in_flight"
	}
	for _, kind := range []struct {
		err     error
		outcome audit.Outcome
		reason  string
	}{
		{triage.ErrSettled, audit.Conflict, "settled"},
		{triage.ErrNothing, audit.Failed, "nothing"},
		{triage.ErrUnrecorded, audit.Failed, "unrecorded"},
		{auth.ErrNoKey, audit.Denied, "no_key"},
		{auth.ErrSealed, audit.Denied, "no_key"},
		{triage.ErrKeyRefused, audit.Denied, "key_refused"},
		{triage.ErrForbidden, audit.Denied, "no_right"},
		{triage.ErrNotFound, audit.Denied, "out_of_sight"},
		{triage.ErrRejected, audit.Failed, "rejected"},
		{triage.ErrBusy, audit.Failed, "busy"},
		{triage.ErrUnavailable, audit.Failed, "unavailable"},
		{triage.ErrMalformed, audit.Failed, "malformed"},
	} {
		if errors.Is(err, kind.err) {
			return kind.outcome, kind.reason
		}
	}
	return audit.Failed, "error"
}

// auditSignIn records a sign-in that worked, and what it put an end to, or one
// that didn't. A sign-in that can't be recorded is taken back.
func (s *Server) auditSignIn(r *http.Request, before triage.Actor, wasSignedIn bool, cause error) error {
	ctx := context.WithoutCancel(r.Context())
	if cause != nil {
		return s.record(ctx, s.refusedSignIn(r, cause))
	}
	now, _, err := s.Auth.Look(r)
	if err == nil {
		events := []audit.Event{s.sessionEvent(r, audit.SignIn, now)}
		if wasSignedIn {
			events = append([]audit.Event{s.sessionEvent(r, audit.SessionEnded, before)}, events...)
		}
		err = s.record(ctx, events...)
	}
	if err != nil {
		return errors.Join(err, s.Auth.SignOut(r.Context()))
	}
	return nil
}

func (s *Server) refusedSignIn(r *http.Request, cause error) audit.Event {
	e := s.event(r, audit.SignIn, audit.Failed)
	e.User, e.Role, e.Basis = "", "", audit.Basis{Rule: audit.ByNothing} // whoever it is, it isn't shown to be who was signed in
	e.Outcome, e.Details.Reason = outcomeOf(cause)
	var refused *auth.RefusedError
	if errors.As(cause, &refused) {
		e.Outcome, e.User, e.Details.Reason = audit.Denied, string(refused.HCP), refused.Reason
	}
	e.Private.Email = strings.TrimSpace(r.PostForm.Get("email"))
	e.Private.Asked = r.PostForm.Get("persona")
	return e
}

// sessionEvent is the beginning or end of a sign-in.
func (s *Server) sessionEvent(r *http.Request, action audit.Action, a triage.Actor) audit.Event {
	e := s.event(r, action, audit.Done)
	e.User, e.Role, e.Object = string(a.ID), string(a.Role), audit.Object{Kind: audit.KindSession, ID: a.SignIn}
	e.Basis = audit.Basis{Rule: audit.ByKey}
	if len(s.Auth.Personas()) > 0 {
		e.Basis.Rule = audit.ByPersona
	}
	return e
}
