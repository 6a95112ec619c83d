package handlers

import (
	"net/http"
	"strconv"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// printed notes that a page is being printed, as its script tells: the alert that
// is open there, else the list (R20). What is on paper can't be locked.
func (s *Server) printed(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	e := s.event(r, audit.Printed, audit.Done)
	if id := triage.AlertID(r.PostForm.Get("alert")); id != "" {
		entry, ok, err := s.find(r.Context(), id)
		if err != nil {
			return err
		}
		if !ok || !s.actor(r).Can(triage.OpRead, entry.Alert) {
			return denied(s.auditUnknownAlert(r, string(id)), triage.ErrNotFound)
		}
		e = s.alertEvent(r, audit.Printed, audit.Done, entry)
	} else {
		q, err := s.query(r)
		if err != nil {
			return err
		}
		e.Details.View = string(q.Status)
		if q.Filtered() {
			e.Private.Terms = q.Text(nil, q.Status)
		}
	}
	if rows, err := strconv.Atoi(r.PostForm.Get("rows")); err == nil {
		e.Details.Rows = min(max(rows, 0), mostRows)
	}
	if err := s.record(r.Context(), e); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
