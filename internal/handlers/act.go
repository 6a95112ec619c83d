package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// The kinds of flash that an action leaves for the next page.
const (
	flashAccepted  = "accepted"
	flashWithdrawn = "withdrawn"
	flashUndoing   = "undoing"
)

// wordOf is what an action does, as the catalogue's keys name it.
func wordOf(wanted triage.Status, note bool) string {
	if note {
		return "note"
	}
	return string(wanted)
}

// draft is what a clinician typed about one alert so far.
type draft struct {
	category string
	note     string
	errors   map[string]string // by field, in words
	saved    time.Time         // when it was kept; zero: it wasn't
}

// empty reports that nothing was typed, nor anything said about it.
func (d draft) empty() bool {
	return d.category == "" && d.note == "" && len(d.errors) == 0 && d.saved.IsZero()
}

// form is the form of an alert in its present state, holding what was typed.
func (v *view) form(a triage.Alert, d draft) *templates.Form {
	offered, other := v.s.categories(v.l, a.Group, d.category)
	addTo := ""
	if a.Status == triage.StatusProcessed || a.Status == triage.StatusEscalated {
		addTo = string(a.Status)
	}
	return &templates.Form{
		AddTo: addTo,
		Seen:  a.UpdatedAt.UTC().Format(time.RFC3339Nano), Categories: offered, Other: other, Note: d.note, Errors: d.errors,
		CanProcess: a.Status != triage.StatusProcessed, CanEscalate: a.Status.View() == triage.StatusOpen,
		CanReopen: a.Status == triage.StatusProcessed || a.Status == triage.StatusEscalated,
		SaveTo:    v.s.base + alertPath(a.ID) + "/draft",
		Saved:     v.saved(d),
	}
}

// saved says when a draft was kept.
func (v *view) saved(d draft) string {
	if d.saved.IsZero() {
		return ""
	}
	return v.l.T("draft.kept", v.moment(d.saved))
}

// act carries out what a clinician decided about one alert. Whatever goes
// wrong, what they typed comes back with the answer (R38).
func (s *Server) act(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readable(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "note", Reason: "invalid.form"}
	}
	typed := readDraft(r.PostForm)
	q, err := s.query(r)
	if err == nil {
		err = s.overlooked(r, e)
	}
	if err != nil {
		return s.refused(w, r, q, e.ID, typed, err)
	}
	action, err := s.decide(r, e, triage.Change{
		Status: triage.Status(r.PostForm.Get("status")), Category: typed.category, Note: typed.note,
	})
	if err != nil {
		return s.refused(w, r, q, e.ID, typed, err)
	}
	s.Log.Info("action accepted",
		slog.String("request_id", requestIDOf(r.Context())), slog.String("action", string(action.ID)),
		slog.String("alert", string(e.ID)), slog.String("status", string(action.Change.Status)))
	s.forgetDraft(r, e.ID)
	s.settleShown(r, e.ID)
	return s.done(w, r, q, e.ID, auth.Flash{Kind: flashAccepted, Alert: e.ID, Action: action.ID, Status: action.Change.Status, Note: action.AddsNote()})
}

// errOverlooked says that somebody decides from the list about an alert they typed
// a note on, which they don't see there.
var errOverlooked = errors.New("a note typed on the alert isn't in sight")

// overlooked is errOverlooked where it is so. Who acts from the list sends no
// note: what they typed before must neither be sent unseen nor be thrown away.
func (s *Server) overlooked(r *http.Request, e triage.Entry) error {
	if !fromList(r) || r.PostForm.Has("note") {
		return nil
	}
	kept, err := s.Drafts.Find(r.Context(), s.actor(r).ID, e.ID)
	if err != nil {
		return err
	}
	if !kept.Empty() {
		return errOverlooked
	}
	return nil
}

// settleShown notes that whoever acts anew knows how those of their actions ended
// that the page told them of.
func (s *Server) settleShown(r *http.Request, id triage.AlertID) {
	for _, former := range s.Outbox.On(id) {
		if !slices.Contains(r.PostForm["settles"], string(former.ID)) {
			continue
		}
		if _, err := s.Actions.Settle(context.WithoutCancel(r.Context()), s.actor(r), former.ID); err != nil {
			// It stays shown as unfinished, which the clinician can end by hand.
			s.Log.Warn("a former action couldn't be settled", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
		}
	}
}

// readDraft reads what was typed. Line ends are those of the clinician, not of
// the browser's encoding.
func readDraft(form url.Values) draft {
	d := draft{category: strings.TrimSpace(form.Get("category"))}
	if d.category == templates.OtherCategory {
		d.category = strings.TrimSpace(form.Get("category_other"))
	}
	d.note = strings.ReplaceAll(form.Get("note"), "\r\n", "\n")
	return d
}

// decide checks the input and has the decision recorded. It goes on when the
// browser hangs up: whoever clicked may never learn that it failed otherwise.
func (s *Server) decide(r *http.Request, e triage.Entry, change triage.Change) (triage.Action, error) {
	event := s.changeEvent(r, e)
	action, err := func() (triage.Action, error) {
		if err := change.Validate(); err != nil {
			return triage.Action{}, err
		}
		seen, err := seenIn(r.PostForm.Get("seen"))
		if err != nil {
			return triage.Action{}, err
		}
		ctx := context.WithoutCancel(r.Context())
		key, err := s.Auth.KeyOf(ctx, s.actor(r))
		if err != nil {
			return triage.Action{}, fmt.Errorf("find the clinician's key: %w", err)
		}
		return s.Actions.Act(ctx, s.actor(r), key, triage.Decision{
			Alert: e.ID, Change: change, Seen: seen, Status: triage.Status(r.PostForm.Get("seen_status")), Event: event,
		})
	}()
	var invalid *triage.InvalidError
	if err != nil && !errors.As(err, &invalid) { // wrong input decides nothing
		s.auditRefused(r, event, change.Status, e.Status, err)
	}
	return action, err
}

// seenIn reads which state of an alert the clinician saw.
func seenIn(field string) (time.Time, error) {
	seen, err := time.Parse(time.RFC3339Nano, field)
	if err != nil {
		return time.Time{}, &triage.InvalidError{Field: "seen", Reason: "invalid.seen"}
	}
	return seen, nil
}

// done answers what was accepted: back to the list, or for htmx the fragments it
// changed. Either way a toast names the patient, and offers to take it back.
func (s *Server) done(w http.ResponseWriter, r *http.Request, q triage.Query, id triage.AlertID, flash auth.Flash) error {
	if err := s.Auth.Flash(r.Context(), flash); err != nil {
		return err
	}
	if !isHTMX(r) {
		http.Redirect(w, r, s.link("/", q.Values()), http.StatusSeeOther)
		return nil
	}
	v := s.look(r)
	seen := v.seen(q)
	b, err := s.around(r, v, q, seen, v.snap.Freshness(v.now, seen.tally.Days()))
	if err != nil {
		return err
	}
	e, ok, err := s.find(r.Context(), id)
	if err != nil {
		return err
	}
	if !ok || !v.actor.Can(triage.OpRead, e.Alert) {
		// HC_SECONDARY no longer sees what it reopened. Something must take the
		// detail's place, or htmx would leave none for the next alert.
		return s.render(w, r, http.StatusOK, templates.EmptyDetail(v.l), templates.ActionDone(b, nil))
	}
	row, err := v.movedRow(e, q)
	if err != nil {
		return err
	}
	if fromList(r) {
		return s.render(w, r, http.StatusOK, templates.ActionDone(b, row))
	}
	d, err := v.detail(triage.Urgent(r.Context()), e, q, draft{})
	if err != nil {
		return err
	}
	b.Detail = &d
	return s.render(w, r, http.StatusOK, templates.ActionDone(b, row))
}

// movedRow is an alert's row as an action left it, for a page that shows q.
func (v *view) movedRow(e triage.Entry, q triage.Query) (templ.Component, error) {
	row, err := v.rendered(e)
	if err != nil {
		return nil, err
	}
	move := triage.MoveLeave
	if v.s.selection(q, v.now).Match(&e.Alert) {
		move = triage.MoveUpdate
	}
	return row.component(v.scribe, moveAttributes(move, v.version)), nil
}

// fromList reports whether the page goes on with another alert: a key was pressed
// that acts and goes on, or a button in a toast. The detail isn't to be replaced.
func fromList(r *http.Request) bool { return r.Header.Get("HX-Target") == "div#toasts" }

// find is an alert of any status, with what is on its way to Luscii.
func (s *Server) find(ctx context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	e, ok, err := s.Board.Find(ctx, id)
	if err != nil || !ok {
		return triage.Entry{}, false, err
	}
	return s.overlay(e), true, nil
}

// popToast is the toast an action left, in words; nil: none.
func (s *Server) popToast(r *http.Request, v *view, q triage.Query) (*components.Toast, error) {
	flash, ok := s.Auth.PopFlash(r.Context())
	if !ok {
		return nil, nil
	}
	e, ok, err := s.Board.Find(r.Context(), flash.Alert)
	if err != nil || !ok {
		return nil, err
	}
	t := &components.Toast{Alert: string(e.ID), Text: v.l.T("flash." + flash.Kind + "." + wordOf(flash.Status, flash.Note)), Who: v.identity(e.Patient)}
	if flash.Kind == flashAccepted {
		t.Undo = &components.Undo{To: s.link("/undo", q.Values()), Action: string(flash.Action), Key: shownKeys(s.settings(r).Keys)["undo"]}
	}
	return t, nil
}

// refused answers an action that was not carried out: the alert as it now is,
// what happened, and everything typed.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, q triage.Query, id triage.AlertID, typed draft, cause error) error {
	v := s.look(r)
	status, notice := v.refusal(cause, &typed)
	if status == http.StatusInternalServerError {
		s.Log.Error("an action failed", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", cause))
	} else {
		s.Log.Warn("an action was not carried out",
			slog.String("request_id", requestIDOf(r.Context())), slog.String("alert", string(id)), slog.Any("error", cause))
	}
	e, ok, err := s.find(r.Context(), id)
	if fromList(r) && err == nil && ok && v.actor.Can(triage.OpRead, e.Alert) {
		return s.refusedInList(w, r, v, q, e, status, notice)
	}
	var d templates.Detail
	if err == nil && ok {
		d, err = v.detail(triage.Urgent(r.Context()), e, q, typed)
	}
	if err == nil && ok && v.actor.Can(triage.OpRead, e.Alert) {
		err = s.auditAlert(r, e, audit.Done)
	}
	if err != nil {
		s.Log.Error("an alert could not be read", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
	}
	if err != nil || !ok || !v.actor.Can(triage.OpRead, e.Alert) {
		s.tell(w, r, status, v.withDraft(notice, typed))
		return nil
	}
	d.Notices = append([]components.Notice{notice}, d.Notices...)
	if isHTMX(r) {
		return s.render(w, r, status, templates.DetailPart(s.page(r, ""), d))
	}
	return s.detailPage(w, r, status, q, d)
}

// refusedInList answers the same where the page has gone on: the row as it now is,
// and a notice that names the patient (R8) and leads to the alert. What was typed
// is kept as its draft.
func (s *Server) refusedInList(w http.ResponseWriter, r *http.Request, v *view, q triage.Query, e triage.Entry, status int, notice components.Notice) error {
	who := v.identity(e.Patient)
	notice.Lines = append([]string{who.Name + ", " + who.Born + ", " + who.Number}, notice.Lines...)
	notice.Href, notice.Link = v.alertLink(e.ID, q), v.l.T("failed.open")
	row, err := v.movedRow(e, q)
	if err != nil {
		return err
	}
	return s.render(w, r, status, templates.RowMoves(row), templates.FailurePartial(string(e.ID), notice))
}

// withDraft adds what was typed to a notice that stands alone: the alert left
// the clinician's sight meanwhile, so there is no form to keep it in.
func (v *view) withDraft(n components.Notice, typed draft) components.Notice {
	if typed.category != "" {
		n.Lines = append(n.Lines, v.l.T("form.category")+": "+v.s.categoryLabel(v.l, typed.category))
	}
	if typed.note != "" {
		n.Lines = append(n.Lines, v.l.T("form.note")+": "+typed.note)
	}
	return n
}

// refusal says why an action was not carried out and what to do, never a code
// alone. Wrong input is also put beside its field in typed.
func (v *view) refusal(cause error, typed *draft) (int, components.Notice) {
	var invalid *triage.InvalidError
	var conflict *triage.ConflictError
	again := v.l.T("failed.kept") + " " + v.l.T("failed.again")
	n := func(kind, title string, lines ...string) components.Notice {
		return components.Notice{Kind: kind, Title: v.l.T(title), Lines: lines}
	}
	var other *triage.InFlightError
	switch {
	case errors.Is(cause, errUnrecorded), errors.Is(cause, triage.ErrUnrecorded):
		return http.StatusInternalServerError, n("error", "failed.title", v.l.T("failed.unrecorded"), again)
	case errors.Is(cause, errOverlooked):
		return http.StatusConflict, n("conflict", "failed.title", v.l.T("failed.overlooked"))
	case errors.As(cause, &invalid):
		typed.errors = map[string]string{invalid.Field: v.l.T(invalid.Reason)}
		return http.StatusUnprocessableEntity, n("error", "invalid.title", v.l.T(invalid.Reason))
	case errors.As(cause, &conflict):
		return http.StatusConflict, n("conflict", "conflict.title", v.whatHappened(conflict.Now), v.l.T("conflict.kept"))
	case errors.As(cause, &other):
		return http.StatusConflict, n("conflict", "failed.title", v.l.T("failed.in_flight"), again)
	case errors.Is(cause, triage.ErrSettled):
		return http.StatusConflict, n("conflict", "undo.title", v.l.T("undo.settled"))
	case errors.Is(cause, triage.ErrNothing):
		return http.StatusConflict, n("info", "undo.title", v.l.T("undo.nothing"))
	case errors.Is(cause, triage.ErrUnavailable):
		return http.StatusBadGateway, n("error", "failed.title", v.l.T("failed.unavailable"), again)
	case errors.Is(cause, auth.ErrNoKey), errors.Is(cause, auth.ErrSealed):
		return http.StatusForbidden, n("error", "failed.title", v.l.T("failed.no_key"), v.l.T("failed.kept"))
	case errors.Is(cause, triage.ErrForbidden):
		return http.StatusForbidden, n("error", "failed.title", v.l.T("failed.forbidden"), v.l.T("failed.kept"))
	case errors.Is(cause, triage.ErrNotFound):
		return http.StatusConflict, n("conflict", "failed.title", v.l.T("failed.gone"), v.l.T("failed.kept"))
	}
	return http.StatusInternalServerError, n("error", "error.500", v.l.T("error.500_text"))
}

// whatHappened says what became of an alert meanwhile: by whom, when, how long
// ago (R44).
func (v scribe) whatHappened(now triage.Alert) string {
	if now.Status == triage.StatusOpen {
		return v.l.T("conflict.open")
	}
	status := components.StatusMark(v.l, now.Status).Word
	by, at := now.ActedBy()
	if at.IsZero() {
		return v.l.T("conflict.now_plain", status)
	}
	name := v.l.T("conflict.somebody")
	if by != "" {
		name = v.hcpName(by)
	}
	return v.l.T("conflict.now", status, name, v.moment(at), v.waiting(at))
}
