package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// batchAtMost is how many alerts may be acted on together; ours.
const batchAtMost = 500

// askBulk is the page that asks before several alerts are acted on: it names every
// patient and lists every alert by itself, red ones before all (R16). The alerts
// named are selected; without any, those of a list are there to be chosen from.
func (s *Server) askBulk(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("id") {
		ids, err := idsIn(r.URL.Query())
		if err != nil {
			return err
		}
		return s.bulkPage(w, r, http.StatusOK, choice{ids: ids, selected: ids}, draft{}, nil)
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	v := s.look(r)
	var listed []triage.AlertID
	for _, e := range v.seen(q).matching {
		if listed = append(listed, e.ID); len(listed) == pageRows {
			break
		}
	}
	if len(listed) == 0 {
		return &triage.InvalidError{Field: "id", Reason: "invalid.none_selected"}
	}
	return s.bulkPage(w, r, http.StatusOK, choice{ids: listed}, draft{}, nil)
}

// choice is the alerts on the page that asks, and those of them that are selected.
type choice struct{ ids, selected []triage.AlertID }

// idsIn are the alerts named, each once.
func idsIn(form url.Values) ([]triage.AlertID, error) {
	var ids []triage.AlertID
	for _, id := range form["id"] {
		if id != "" && !slices.Contains(ids, triage.AlertID(id)) {
			ids = append(ids, triage.AlertID(id))
		}
	}
	switch {
	case len(ids) == 0:
		return nil, &triage.InvalidError{Field: "id", Reason: "invalid.none_selected"}
	case len(ids) > batchAtMost:
		return nil, &triage.InvalidError{Field: "id", Reason: "invalid.too_many"}
	}
	return ids, nil
}

// bulkPage shows the form for several alerts, with what was typed in it.
func (s *Server) bulkPage(w http.ResponseWriter, r *http.Request, status int, c choice, typed draft, problem *components.Notice) error {
	v := s.look(r)
	var entries []triage.Entry
	unknown := 0
	for _, id := range c.ids {
		e, ok, err := s.find(r.Context(), id)
		if err != nil {
			return err
		}
		if !ok || !v.actor.Can(triage.OpRead, e.Alert) {
			unknown++
			continue
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return denied(s.auditUnknownAlert(r, string(c.ids[0])), triage.ErrNotFound)
	}
	if err := s.auditBatch(r, entries); err != nil {
		return err
	}
	slices.SortFunc(entries, func(x, y triage.Entry) int { return triage.Compare(x.Alert, y.Alert) })

	page := templates.Bulk{Page: s.page(r, v.l.T("bulk.page")), Problem: problem, Note: typed.note, Errors: typed.errors}
	page.Categories, page.Other = s.categories(v.l, entries[0].Group, typed.category)
	chosen := map[triage.AlertID]bool{}
	for _, e := range entries {
		chosen[e.ID] = true
		item := v.bulkItem(e)
		if item.Why == "" {
			item.Selected = slices.Contains(c.selected, e.ID)
			page.CanProcess = page.CanProcess || e.Status != triage.StatusProcessed
			page.CanEscalate = page.CanEscalate || e.Status.View() == triage.StatusOpen
			page.CanReopen = page.CanReopen || e.Status.View() != triage.StatusOpen
		}
		page.Items = append(page.Items, item)
	}
	page.Count = v.l.T("bulk.count", len(entries), len(patientsOf(entries)))
	if unknown > 0 {
		page.Unknown = v.l.T("bulk.unknown", unknown)
	}
	if len(c.selected) > 0 {
		if err := v.addOthers(r.Context(), &page, entries, chosen); err != nil {
			return err
		}
	}
	return s.render(w, r, status, templates.BulkPage(page))
}

// bulkItem is one alert on the page that asks. What can't be acted on stands there
// with the reason.
func (v *view) bulkItem(e triage.Entry) templates.BulkItem {
	item := templates.BulkItem{
		ID: string(e.ID), Seen: e.UpdatedAt.UTC().Format(time.RFC3339Nano), Row: v.row(e),
		Status: components.StatusMark(v.l, e.Status),
	}
	switch {
	case e.Delivery.State == triage.DeliveryPending:
		item.Why = v.l.T("failed.in_flight")
	case !v.actor.Can(triage.OpAct, e.Alert):
		item.Why = v.l.T("readonly.title")
	}
	return item
}

func patientsOf(entries []triage.Entry) map[triage.PatientID]bool {
	patients := map[triage.PatientID]bool{}
	for _, e := range entries {
		patients[e.Patient] = true
	}
	return patients
}

// addOthers offers the same patients' other alerts that wait.
func (v *view) addOthers(ctx context.Context, page *templates.Bulk, entries []triage.Entry, chosen map[triage.AlertID]bool) error {
	with := url.Values{}
	for id := range chosen {
		with.Add("id", string(id))
	}
	others := 0
	for id := range patientsOf(entries) {
		all, err := v.s.Board.OfPatient(ctx, id)
		if err != nil {
			return fmt.Errorf("find a patient's other alerts: %w", err)
		}
		for _, e := range all {
			if !chosen[e.ID] && e.Status.View() == triage.StatusOpen && v.actor.Can(triage.OpAct, e.Alert) {
				with.Add("id", string(e.ID))
				others++
			}
		}
	}
	if others > 0 && len(with["id"]) <= batchAtMost {
		slices.Sort(with["id"])
		page.Others, page.WithOthers = v.l.T("bulk.others", others), v.s.link("/alerts/bulk", with)
	}
	return nil
}

// actOnAll has a decision about several alerts recorded, and lists what became of
// it for each of them.
func (s *Server) actOnAll(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "note", Reason: "invalid.form"}
	}
	ids, err := idsIn(r.PostForm)
	if err != nil {
		return err
	}
	typed := readDraft(r.PostForm)
	change := triage.Change{Status: triage.Status(r.PostForm.Get("status")), Category: typed.category, Note: typed.note}
	decisions, entries, err := s.decisions(r, ids, change)
	var invalid *triage.InvalidError
	switch {
	case errors.As(err, &invalid):
		v := s.look(r)
		status, notice := v.refusal(err, &typed)
		return s.bulkPage(w, r, status, choice{ids, ids}, typed, &notice)
	case err != nil:
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	key, err := s.Auth.KeyOf(ctx, s.actor(r))
	if err != nil {
		v := s.look(r)
		status, notice := v.refusal(err, &typed)
		return s.bulkPage(w, r, status, choice{ids, ids}, typed, &notice)
	}
	results := s.Actions.ActOnAll(ctx, s.actor(r), key, decisions)
	for i, result := range results {
		if result.Err != nil {
			s.auditRefused(r, decisions[i].Event, change.Status, entries[i].Status, result.Err)
			continue
		}
		s.forgetDraft(r, result.Alert)
	}
	return s.batchPage(w, r, decisions[0].Batch, results)
}

// decisions is the decision about each of the alerts. Of one the user may not see
// no more is told than of one there isn't.
func (s *Server) decisions(r *http.Request, ids []triage.AlertID, change triage.Change) ([]triage.Decision, []triage.Entry, error) {
	if err := change.Validate(); err != nil {
		return nil, nil, err
	}
	batch := triage.BatchID(rand.Text())
	var all []triage.Decision
	var entries []triage.Entry
	for _, id := range ids {
		seen, err := seenIn(r.PostForm.Get(templates.SeenField(string(id))))
		if err != nil {
			return nil, nil, err
		}
		e, ok, err := s.find(r.Context(), id)
		if err != nil {
			return nil, nil, err
		}
		event := s.event(r, audit.AlertChanged, audit.Begun)
		if ok && s.actor(r).Can(triage.OpRead, e.Alert) {
			event = s.changeEvent(r, e)
		} else {
			event.Private.Asked, e = string(id), triage.Entry{}
		}
		all = append(all, triage.Decision{Alert: id, Change: change, Seen: seen, Batch: batch, Event: event})
		entries = append(entries, e)
	}
	return all, entries, nil
}

// showBatch lists how far the actions that were decided on together have come.
func (s *Server) showBatch(w http.ResponseWriter, r *http.Request) error {
	return s.batchPage(w, r, triage.BatchID(chi.URLParam(r, "id")), nil)
}

// batchPage lists what became of several alerts: each accepted action as it is
// now, each refused one with its reason. What failed stays selected, to be tried
// again.
func (s *Server) batchPage(w http.ResponseWriter, r *http.Request, id triage.BatchID, results []triage.Result) error {
	v := s.look(r)
	actions, err := s.Outbox.OfBatch(r.Context(), v.actor.ID, id)
	if err != nil {
		return err
	}
	if len(actions) == 0 && len(results) == 0 {
		return errNoPage
	}
	page := templates.Batch{Page: s.page(r, v.l.T("bulk.results")), Self: s.base + "/batches/" + url.PathEscape(string(id))}
	again := url.Values{}
	for _, result := range results {
		if result.Err == nil {
			continue
		}
		item, err := v.refusedItem(r, result)
		if err != nil {
			return err
		}
		page.Refused = append(page.Refused, item)
		again.Add("id", item.Alert)
	}
	done := 0
	for _, a := range actions {
		item, _, err := v.actionItem(r, a)
		if err != nil {
			return err
		}
		switch {
		case a.State.InFlight():
			page.Working = true
		case a.State == triage.StateConfirmed:
			done++
		case a.State != triage.StateWithdrawn:
			again.Add("id", item.Alert)
		}
		page.Items = append(page.Items, item)
	}
	page.Progress = v.l.T("bulk.progress", done, len(actions)+len(page.Refused))
	if len(actions) > 0 && page.Working {
		page.Refresh, page.RefreshTo = time.Second, page.Self
	}
	if n := len(again["id"]); n > 0 {
		page.AgainIDs, page.Again = again["id"], v.l.T("bulk.again", n)
	}
	if isHTMX(r) {
		return s.render(w, r, http.StatusOK, templates.BatchPart(page))
	}
	return s.render(w, r, http.StatusOK, templates.BatchPage(page))
}

// refusedItem is an alert whose action wasn't accepted, in words.
func (v *view) refusedItem(r *http.Request, result triage.Result) (templates.ActionItem, error) {
	_, notice := v.refusal(result.Err, &draft{})
	item := templates.ActionItem{Alert: string(result.Alert), Word: notice.Title, Lines: notice.Lines, Warn: true, Delivery: triage.DeliveryFailed}
	if errors.As(result.Err, new(*triage.ConflictError)) {
		item.Delivery = triage.DeliveryConflict
	}
	e, ok, err := v.s.find(r.Context(), result.Alert)
	if err != nil {
		return templates.ActionItem{}, err
	}
	if !ok || !v.actor.Can(triage.OpRead, e.Alert) {
		item.Who, item.Lines = components.Identity{Name: v.l.T("error.404_alert")}, nil
		return item, nil
	}
	item.Who, item.Href = v.identity(e.Patient), v.s.base+alertPath(e.ID)
	return item, nil
}
