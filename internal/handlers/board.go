package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// pageRows is how many rows one page holds; a page that shows more by now may ask
// for as many anew. What a script puts behind them is fetched while one scrolls,
// and comes in smaller parts.
const (
	pageRows = 200
	moreRows = 140
	mostRows = 10_000
)

// isMore reports whether a page asks for the rows behind those it shows.
func isMore(r *http.Request) bool { return isHTMX(r) && r.Header.Get("HX-Target") == "div#more" }

// rowsAsked is how many rows the request is for.
func rowsAsked(r *http.Request) int {
	if isMore(r) {
		return moreRows
	}
	n, err := strconv.Atoi(r.URL.Query().Get("rows"))
	if err != nil {
		return pageRows
	}
	return min(max(n, pageRows), mostRows)
}

// showBoard is the worklist: a page, or for a poll the list and the status.
func (s *Server) showBoard(w http.ResponseWriter, r *http.Request) error {
	q, err := s.query(r)
	if err != nil {
		return err
	}
	b, err := s.board(r, q, triage.AlertID(r.URL.Query().Get("after")), "")
	if err != nil {
		return err
	}
	switch {
	case isMore(r):
		return s.render(w, r, http.StatusOK, templates.MoreRows(b))
	case isHTMX(r):
		return s.render(w, r, http.StatusOK, templates.BoardUpdate(b))
	}
	b.Refresh = s.Interval
	b.Hints = hints(b.L, s.actor(r), s.settings(r).Keys)
	return s.render(w, r, http.StatusOK, templates.BoardPage(b))
}

// defaultView is what the board opens with: what the viewer chose, else what fits
// their role.
func (s *Server) defaultView(r *http.Request) triage.Status {
	if chosen := s.settings(r).DefaultView; chosen != "" {
		return chosen
	}
	return s.actor(r).DefaultView()
}

// board builds the whole screen but its detail: the rows behind the alert
// after, or the first ones; selected is the alert shown in the detail.
func (s *Server) board(r *http.Request, q triage.Query, after, selected triage.AlertID) (templates.Board, error) {
	v := s.look(r)
	seen := v.seen(q)
	matching := seen.matching
	page, before, next, err := v.cut(r.Context(), matching, q.ByPatient, after, rowsAsked(r))
	if err != nil {
		return templates.Board{}, err
	}
	if err := s.auditList(r, q, page, len(matching)); err != nil {
		return templates.Board{}, err
	}
	fresh := v.snap.Freshness(v.now, seen.tally.Days())
	b, err := s.around(r, v, q, seen, fresh)
	if err != nil {
		return templates.Board{}, err
	}
	b.List.Rows = make([]templ.Component, 0, len(page))
	version := versionAttribute(v.version)
	for i, e := range page {
		row, err := v.rendered(s.overlay(*e))
		if err != nil {
			return templates.Board{}, err
		}
		attributes := version
		if e.ID == selected {
			attributes += ` aria-current="true"`
		}
		if len(page) < len(matching) {
			attributes += ` aria-rowindex="` + strconv.Itoa(before+i+1) + `"`
		}
		shown := row.component(v.scribe, attributes)
		if q.ByPatient && v.begins(r, matching, before+i, i == 0) {
			shown = templ.Join(components.PatientRow(v.l, v.patientHead(matching, before+i)), shown)
		}
		b.List.Rows = append(b.List.Rows, shown)
	}
	if len(page) == 0 {
		b.List.Empty = v.empty(q, fresh)
	}
	if q.Worded() {
		b.List.Hint = v.l.T("find.notes")
	}
	if !q.ByPatient {
		b.List.Offer = v.offerByPatient(matching, q)
	}
	poll := q.Values()
	if after != "" {
		poll.Set("after", string(after))
	}
	b.Poll = s.link("/", poll)
	b.Undo = s.link("/undo", q.Values())
	if v.actor.May(triage.OpAct) {
		b.Several = s.link("/alerts/bulk", q.Values())
	}
	follow := q.Values()
	follow.Set("since", strconv.FormatUint(v.happened, 10))
	follow.Set("as", tagOf(v.actor))
	b.Stream = s.link("/events", follow)
	if next != "" {
		onward := q.Values()
		onward.Set("after", string(next))
		b.List.Next = s.link("/", onward)
	}
	return b, nil
}

// around is what stands around a list's rows: what an action renews, whose answer
// holds no other row.
func (s *Server) around(r *http.Request, v *view, q triage.Query, seen *sight, fresh triage.FreshnessReport) (templates.Board, error) {
	var err error
	b := templates.Board{Page: s.page(r, v.l.T("view."+string(q.Status)))}
	b.Fresh, b.OnBoard = fresh.State, true
	if !isPoll(r) { // it shows none, so it leaves it for the page that does
		if b.Toast, err = s.popToast(r, v, q); err != nil {
			return templates.Board{}, err
		}
	}
	b.Status = v.status(q, seen.tally, fresh, len(s.Outbox.Unfinished(v.actor.ID)), v.version)
	b.Views = v.views(q, seen.tally)
	b.Menus = seen.menusOf(v, q)
	b.Waiting = v.waitingMenu(q)
	b.ByPatient = v.byPatient(q)
	if b.Kept, err = v.keptViews(r.Context(), q); err != nil {
		return templates.Board{}, err
	}
	b.Find = v.findBox(q)
	b.Saves = (q.Filtered() || q.ByPatient) && !slices.ContainsFunc(b.Kept, func(c templates.Choice) bool { return c.Active })
	if q.Filtered() {
		b.Clear = s.link("/", triage.Query{Status: q.Status}.Values())
	}
	b.List = templates.List{
		Version: v.version, Heading: v.l.T("view." + string(q.Status)), Freshness: fresh.State, ConfirmedAt: fresh.ConfirmedAt,
		Query: q.Values().Encode(), Total: len(seen.matching),
	}
	return b, nil
}

// cut is n entries at most: those behind the alert after, or the first ones;
// how many stand before it; and where the page after it begins, empty when this
// is the last. The alert named may have left the view meanwhile; its place in
// R1's order still tells where to go on. One out of the viewer's scope is as
// unknown.
func (v *view) cut(ctx context.Context, entries []*triage.Entry, byPatient bool, after triage.AlertID, n int) (page []*triage.Entry, before int, next triage.AlertID, err error) {
	if after != "" {
		last, ok, err := v.s.Board.Find(ctx, after)
		if err != nil {
			return nil, 0, "", fmt.Errorf("find where to go on: %w", err)
		}
		if !ok || !v.actor.Can(triage.OpRead, last.Alert) {
			return nil, 0, "", &triage.InvalidError{Field: "after", Reason: "invalid.after"}
		}
		if byPatient {
			before = triage.AfterByPatient(entries, &last.Alert)
		} else {
			before = triage.After(entries, &last.Alert)
		}
		entries = entries[before:]
	}
	if len(entries) <= n {
		return entries, before, "", nil
	}
	return entries[:n], before, entries[n-1].ID, nil
}

// link is a path of this program with a query.
func (s *Server) link(path string, q url.Values) string {
	return s.base + path + "?" + q.Encode()
}

// view is the board as one viewer sees it at one moment: everything a page says
// comes from the same snapshot and the same clock.
type view struct {
	scribe
	actor    triage.Actor
	snap     *triage.Snapshot
	happened uint64 // the number of what led there, for the event stream to go on behind
	version  uint64 // of everything shown (R13)
}

// look takes the viewer's view of the board as it stands.
func (s *Server) look(r *http.Request) *view {
	v := &view{scribe: s.scribe(s.words(r)), actor: s.actor(r)}
	_, v.happened, v.version = s.live.now() // first: what is shown is at least as new
	v.snap = s.Board.Snapshot()
	return v
}

// status is the part of the top bar that is kept up to date: how fresh the board
// is for who asks for q, and what waits for them.
func (v scribe) status(q triage.Query, tally *triage.Tally, f triage.FreshnessReport, unfinished int, version uint64) templates.Status {
	st := templates.Status{
		Version: version, Now: v.now, State: f.State, ConfirmedAt: f.ConfirmedAt, Word: v.l.T("freshness." + string(f.State)), Interval: v.s.Interval,
		Counts: tally.Counts, Unknown: f.DaysRead < f.DaysTotal, Total: tally.Total,
	}
	for _, status := range viewsInOrder {
		st.Views = append(st.Views, templates.ViewCount{ID: viewCountID(status), N: tally.View(status)})
	}
	since := v.dayMonth(f.Since)
	if f.ConfirmedAt.IsZero() {
		st.Detail = v.l.T("freshness.never") + " · " + v.l.T("freshness.before", since)
	} else {
		st.Detail = v.l.T("freshness.confirmed", v.clock(f.ConfirmedAt))
		if f.TodayAt.After(f.ConfirmedAt) {
			st.Detail += " " + v.l.T("freshness.today", v.l.Clock(f.TodayAt.In(v.s.Zone)))
		}
		st.Detail += " · " + v.l.T("freshness.since", since)
	}
	if f.DaysRead < f.DaysTotal {
		st.Detail += " · " + v.l.T("freshness.reading", f.DaysRead, f.DaysTotal)
	}
	if f.Reason != nil {
		st.Reason = causeWord(v.l, f.Reason)
	}
	if unfinished > 0 {
		st.Unfinished, st.UnfinishedAt = v.l.T("unfinished", unfinished), v.s.base+"/actions"
	}
	if tally.Outside > 0 {
		if st.Aside = v.l.T("outside.red", tally.Outside); !q.Filtered() {
			st.Aside = v.l.T("outside.view", tally.Outside)
		}
	}
	return st
}

// clock is a moment's time of day; with its date where that isn't today's.
func (v scribe) clock(t time.Time) string {
	t = t.In(v.s.Zone)
	if triage.DayOf(t, v.s.Zone) == triage.DayOf(v.now, v.s.Zone) {
		return v.l.Clock(t)
	}
	return v.l.DayMonth(t) + " " + v.l.Clock(t)
}

func (v scribe) dayMonth(d triage.Day) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return v.l.DayMonth(t)
}

// empty says why no row is shown: only a complete, live list may say that
// there is nothing (R6).
func (v *view) empty(q triage.Query, f triage.FreshnessReport) *components.Notice {
	if !f.Complete() {
		return &components.Notice{
			Kind: "conflict", Title: v.l.T("empty.unknown"), Lines: []string{v.l.T("empty.unknown_text")},
		}
	}
	n := &components.Notice{Kind: "info", Title: v.l.T("empty.title")}
	if q.Filtered() {
		n.Lines = []string{v.l.T("empty.filtered")}
	} else {
		n.Lines = []string{v.l.T("empty.text", v.dayMonth(f.Since))}
	}
	return n
}
