package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// The bounds of the page of one's own actions; ours.
const (
	actionsShownFor = 24 * time.Hour
	actionRows      = 100
)

// showActions is what became of the user's own actions of the last day, newest
// first; those that ended otherwise than they should stand before all, however
// old.
func (s *Server) showActions(w http.ResponseWriter, r *http.Request) error {
	v := s.look(r)
	recent, err := s.Outbox.Recent(r.Context(), v.actor.ID, time.Now().Add(-actionsShownFor))
	if err != nil {
		return err
	}
	unfinished := s.Outbox.Unfinished(v.actor.ID)
	first := map[triage.ActionID]bool{}
	for _, a := range unfinished {
		first[a.ID] = true
	}
	rest := make([]triage.Action, 0, len(recent))
	for _, a := range recent {
		if !first[a.ID] {
			rest = append(rest, a)
		}
	}
	number, _ := strconv.Atoi(r.URL.Query().Get("page")) // what is no number is the first
	begin := min(max(number-1, 0)*actionRows, len(rest))
	end := min(begin+actionRows, len(rest))
	page := templates.Actions{Page: s.page(r, v.l.T("actions.page")), Count: v.l.T("actions.count", len(unfinished)+len(rest))}
	if end < len(rest) {
		page.Next = page.To("/actions", url.Values{"page": {strconv.Itoa(max(number, 1) + 1)}})
	}
	rows := make([]*triage.Entry, 0, actionRows)
	for i, list := range [][]triage.Action{unfinished, rest[begin:end]} {
		for _, a := range list {
			item, e, err := v.actionItem(r, a)
			if err != nil {
				return err
			}
			if e != nil {
				rows = append(rows, e)
			}
			switch {
			case i == 1:
				page.Done = append(page.Done, item)
			case begin == 0:
				page.Unfinished = append(page.Unfinished, item)
			}
		}
	}
	if err := s.auditRows(r, v.actor, triage.Query{}, rows, len(unfinished)+len(rest), true); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.ActionsPage(page))
}

// actionItem is one action in words, and its alert, if the viewer may still see
// it: else nothing names the patient.
func (v *view) actionItem(r *http.Request, a triage.Action) (templates.ActionItem, *triage.Entry, error) {
	e, ok, err := v.s.find(r.Context(), a.Alert)
	if err != nil {
		return templates.ActionItem{}, nil, err
	}
	item := templates.ActionItem{
		ID: string(a.ID), Alert: string(a.Alert), State: string(a.State), Wanted: string(a.Change.Status), Undoes: string(a.Undoes),
		Delivery: a.Delivery().State,
		Word:     v.l.T("state." + string(a.State) + "." + wordOf(a.Change.Status, a.AddsNote())),
		Moment:   v.moment(a.RecordedAt),
	}
	if a.Undoes != "" {
		item.Word = v.l.T("actions.undo", item.Word)
	}
	item.Note = a.Change.Note
	if a.Change.Category != "" {
		item.Category = v.s.categoryLabel(v.l, a.Change.Category)
	}
	seen := ok && v.actor.Can(triage.OpRead, e.Alert)
	if a.SettledAt.IsZero() {
		n := v.deliveryNotice(a, e.Alert, true, triage.Query{Status: v.actor.DefaultView()})
		item.Lines, item.Buttons = n.Lines, n.Buttons
		item.Warn = !a.State.InFlight()
	} else if a.State == triage.StateConfirmed && a.Undoable() {
		item.Buttons = []components.Button{{To: v.s.base + "/undo", Label: v.l.T("action.undo"), Action: string(a.ID)}}
	}
	if !seen {
		item.Who = components.Identity{Name: v.l.T("error.404_alert")}
		return item, nil, nil
	}
	item.Who, item.Href = v.identity(a.Patient), v.s.base+alertPath(a.Alert)
	return item, &e, nil
}

// auditBatch records that alerts are shown together, each by itself.
func (s *Server) auditBatch(r *http.Request, entries []triage.Entry) error {
	events := make([]audit.Event, 0, len(entries))
	for _, e := range entries {
		events = append(events, s.alertEvent(r, audit.AlertShown, audit.Done, e))
	}
	return s.record(r.Context(), events...)
}
