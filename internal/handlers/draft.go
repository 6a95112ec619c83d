package handlers

import (
	"context"
	"log/slog"
	"net/http"

	"triageboard/internal/audit"
	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// saveDraft keeps what a clinician typed about an alert so far. Saving is no
// decision: nothing reaches Luscii.
func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readable(r)
	if err != nil {
		return err
	}
	actor := s.actor(r)
	if !actor.Can(triage.OpAct, e.Alert) {
		return denied(s.auditAlert(r, e, audit.Denied), triage.ErrForbidden)
	}
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "note", Reason: "invalid.form"}
	}
	typed := readDraft(r.PostForm)
	if err := s.Drafts.Save(r.Context(), actor.ID, e.ID, desk.Draft{Category: typed.category, Note: typed.note}); err != nil {
		return err
	}
	if !isHTMX(r) {
		http.Redirect(w, r, s.base+alertPath(e.ID), http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, http.StatusOK)
}

// drafted is what the viewer typed about an alert before, as far as it can be
// read: that it can't must not keep the alert from being shown.
func (v *view) drafted(ctx context.Context, e triage.Entry) draft {
	if !v.actor.Can(triage.OpAct, e.Alert) {
		return draft{}
	}
	kept, err := v.s.Drafts.Find(ctx, v.actor.ID, e.ID)
	if err != nil {
		v.s.Log.Error("a draft could not be read", slog.String("request_id", requestIDOf(ctx)), slog.Any("error", err))
		return draft{}
	}
	return draft{category: kept.Category, note: kept.Note, saved: kept.SavedAt}
}

// forgetDraft takes a draft away once what it said is written. A failure costs
// no more than a draft that comes back.
func (s *Server) forgetDraft(r *http.Request, id triage.AlertID) {
	if err := s.Drafts.Discard(context.WithoutCancel(r.Context()), s.actor(r).ID, id); err != nil {
		s.Log.Error("a draft could not be taken away", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
	}
}
