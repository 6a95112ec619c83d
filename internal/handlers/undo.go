package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// undo takes back the user's last action, or the one named (R36).
func (s *Server) undo(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "action", Reason: "invalid.form"}
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	event := s.event(r, audit.AlertChanged, audit.Begun)
	undone, undo, err := func() (undone, undo triage.Action, err error) {
		ctx := context.WithoutCancel(r.Context())
		key, err := s.Auth.KeyOf(ctx, s.actor(r))
		if err != nil {
			return undone, undo, fmt.Errorf("find the clinician's key: %w", err)
		}
		return s.Actions.Undo(ctx, s.actor(r), key, triage.ActionID(r.PostForm.Get("action")), event)
	}()
	if err != nil {
		event.Patient, event.Object = string(undone.Patient), undone.Event.Object
		event.Details.Undo = true
		s.auditRefused(r, event, undone.Was, undone.Change.Status, err)
		return s.actionRefused(w, r, undone, err)
	}
	s.Log.Info("action undone",
		slog.String("request_id", requestIDOf(r.Context())), slog.String("action", string(undone.ID)), slog.String("by", string(undo.ID)))
	flash := auth.Flash{Kind: flashWithdrawn, Alert: undone.Alert, Action: undone.ID, Status: undone.Change.Status, Note: undone.AddsNote()}
	if undo.ID != "" {
		flash = auth.Flash{Kind: flashUndoing, Alert: undo.Alert, Action: undo.ID, Status: undo.Change.Status}
	}
	return s.done(w, r, q, undone.Alert, flash)
}

// retry tries a failed action of the user's own again.
func (s *Server) retry(w http.ResponseWriter, r *http.Request) error {
	return s.moveOn(w, r, func(ctx context.Context, id triage.ActionID) (triage.Action, error) {
		key, err := s.Auth.KeyOf(ctx, s.actor(r))
		if err != nil {
			return triage.Action{}, fmt.Errorf("find the clinician's key: %w", err)
		}
		return s.Actions.Retry(ctx, s.actor(r), key, id)
	})
}

// settle notes that the user knows how an action of theirs ended.
func (s *Server) settle(w http.ResponseWriter, r *http.Request) error {
	return s.moveOn(w, r, func(ctx context.Context, id triage.ActionID) (triage.Action, error) {
		return s.Actions.Settle(ctx, s.actor(r), id)
	})
}

// moveOn takes an action on by what the user asks for, and shows its alert.
func (s *Server) moveOn(w http.ResponseWriter, r *http.Request, by func(context.Context, triage.ActionID) (triage.Action, error)) error {
	q, err := s.query(r)
	if err != nil {
		return err
	}
	a, err := by(context.WithoutCancel(r.Context()), triage.ActionID(chi.URLParam(r, "id")))
	if err != nil {
		return s.actionRefused(w, r, a, err)
	}
	if !isHTMX(r) {
		http.Redirect(w, r, s.link(alertPath(a.Alert), q.Values()), http.StatusSeeOther)
		return nil
	}
	v := s.look(r)
	e, ok, err := s.find(r.Context(), a.Alert)
	if err != nil {
		return err
	}
	if !ok || !v.actor.Can(triage.OpRead, e.Alert) {
		return s.render(w, r, http.StatusOK, templates.EmptyDetail(v.l))
	}
	d, err := v.detail(triage.Urgent(r.Context()), e, q, v.drafted(r.Context(), e))
	if err != nil {
		return err
	}
	if err := s.auditAlert(r, e, audit.Done); err != nil {
		return err
	}
	row, err := v.movedRow(e, q)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.DetailPart(s.page(r, ""), d), templates.RowMoves(row))
}

// actionRefused says why an action can't be taken on as asked.
func (s *Server) actionRefused(w http.ResponseWriter, r *http.Request, a triage.Action, cause error) error {
	if errors.Is(cause, triage.ErrNotFound) {
		return cause
	}
	v := s.look(r)
	status, notice := v.refusal(cause, &draft{})
	if status == http.StatusInternalServerError {
		s.Log.Error("an action could not be taken on", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", cause))
	}
	if a.Alert != "" {
		if e, ok, err := s.find(r.Context(), a.Alert); err == nil && ok && v.actor.Can(triage.OpRead, e.Alert) {
			who := v.identity(e.Patient)
			notice.Lines = append([]string{who.Name + ", " + who.Born + ", " + who.Number}, notice.Lines...) // R8
		}
	}
	s.tell(w, r, status, notice)
	return nil
}
