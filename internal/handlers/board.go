package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// pageRows is how many rows one page holds.
const pageRows = 200

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
	if isHTMX(r) {
		return s.render(w, r, http.StatusOK, templates.BoardUpdate(b))
	}
	b.Refresh = s.Interval
	return s.render(w, r, http.StatusOK, templates.BoardPage(b))
}

// query reads the filters of a request.
func (s *Server) query(r *http.Request) (triage.Query, error) {
	return triage.ParseQuery(r.URL.Query(), s.actor(r).DefaultView())
}

// board builds the whole screen but its detail: the rows behind the alert
// after, or the first ones; selected is the alert shown in the detail.
func (s *Server) board(r *http.Request, q triage.Query, after, selected triage.AlertID) (templates.Board, error) {
	v := s.look(r)
	matching := v.matching(q)
	page, next, err := v.cut(r.Context(), matching, after)
	if err != nil {
		return templates.Board{}, err
	}
	fresh := v.snap.Freshness(v.now, triage.DaysOf(page))

	b := templates.Board{Page: s.page(r, v.l.T("view."+string(q.Status)))}
	if !isPoll(r) { // it shows none, so it leaves it for the page that does
		if b.Toast, err = s.popToast(r, v); err != nil {
			return templates.Board{}, err
		}
	}
	b.Status = v.status(q, fresh, matching)
	b.Views = v.views(q)
	b.Menus = v.menus(q)
	if q.Filtered() {
		b.Clear = s.link("/", triage.Query{Status: q.Status}.Values())
	}
	b.List = templates.List{
		Version: v.snap.Version, Heading: v.l.T("view." + string(q.Status)), Freshness: fresh.State, ConfirmedAt: fresh.ConfirmedAt,
		Total: len(matching), Summary: v.l.T("list.summary", len(page), len(matching)),
	}
	for _, e := range page {
		row := v.row(e, q)
		row.Selected = e.ID == selected
		b.List.Rows = append(b.List.Rows, row)
	}
	if len(page) == 0 {
		b.List.Empty = v.empty(q, fresh)
	}
	poll := q.Values()
	if after != "" {
		poll.Set("after", string(after))
	}
	b.Poll = s.link("/", poll)
	if next != "" {
		onward := q.Values()
		onward.Set("after", string(next))
		b.List.Next = s.link("/", onward)
	}
	return b, nil
}

// cut is one page of entries: those behind the alert after, or the first. The
// second result is where the page after it begins, empty when this is the last.
// The alert named may have left the view meanwhile; its place in R1's order
// still tells where to go on. One out of the viewer's scope is as unknown.
func (v *view) cut(ctx context.Context, entries []triage.Entry, after triage.AlertID) ([]triage.Entry, triage.AlertID, error) {
	if after != "" {
		last, ok, err := v.s.Board.Find(ctx, after)
		if err != nil {
			return nil, "", err
		}
		if !ok || !v.actor.Can(triage.OpRead, last.Alert) {
			return nil, "", &triage.InvalidError{Field: "after", Reason: "invalid.after"}
		}
		i := slices.IndexFunc(entries, func(e triage.Entry) bool { return triage.Compare(e.Alert, last.Alert) > 0 })
		if i < 0 {
			i = len(entries)
		}
		entries = entries[i:]
	}
	if len(entries) <= pageRows {
		return entries, "", nil
	}
	return entries[:pageRows], entries[pageRows-1].ID, nil
}

// link is a path of this program with a query.
func (s *Server) link(path string, q url.Values) string {
	return s.base + path + "?" + q.Encode()
}

// view is the board as one viewer sees it at one moment: everything a page says
// comes from the same snapshot and the same clock.
type view struct {
	s     *Server
	l     *i18n.Locale
	actor triage.Actor
	snap  *triage.Snapshot
	now   time.Time
	all   map[triage.Status][]triage.Entry // the viewer's scope by view
}

// look takes the viewer's view of the board as it stands.
func (s *Server) look(r *http.Request) *view {
	v := &view{
		s: s, l: s.words(r), actor: s.actor(r), snap: s.Board.Snapshot(), now: time.Now().In(s.Zone),
		all: map[triage.Status][]triage.Entry{},
	}
	for _, e := range slices.Concat(v.snap.Entries, v.snap.Processed) {
		if v.actor.Can(triage.OpRead, e.Alert) {
			v.all[e.Status.View()] = append(v.all[e.Status.View()], e)
		}
	}
	return v
}

// matching is the entries a query asks for, in R1's order.
func (v *view) matching(q triage.Query) []triage.Entry {
	var out []triage.Entry
	for _, e := range v.all[q.Status] {
		if q.Match(e.Alert) {
			out = append(out, e)
		}
	}
	return out
}

// status is the part of the top bar that polls renew.
func (v *view) status(q triage.Query, f triage.FreshnessReport, shown []triage.Entry) templates.Status {
	st := templates.Status{
		Version: v.snap.Version, State: f.State, Word: v.l.T("freshness." + string(f.State)), Interval: v.s.Interval,
		Counts: v.snap.CountFor(v.actor), Unknown: f.DaysRead < f.DaysTotal,
	}
	since := v.dayMonth(f.Since)
	if f.ConfirmedAt.IsZero() {
		st.Detail = v.l.T("freshness.never") + " · " + v.l.T("freshness.before", since)
	} else {
		st.Detail = v.l.T("freshness.confirmed", v.l.Clock(f.ConfirmedAt.In(v.s.Zone)))
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
	outside := st.Counts.Red
	for _, e := range shown {
		if e.Flag == triage.FlagRed && e.Status.View() == v.actor.DefaultView() {
			outside--
		}
	}
	if outside > 0 && (q.Filtered() || q.Status != v.actor.DefaultView()) {
		if st.Aside = v.l.T("outside.red", outside); !q.Filtered() {
			st.Aside = v.l.T("outside.view", outside)
		}
	}
	return st
}

func (v *view) dayMonth(d triage.Day) string {
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
