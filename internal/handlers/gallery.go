package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// galleryMoment is when the gallery's clock stands, so that it looks the same on
// every day.
func galleryMoment(zone *time.Location) time.Time {
	return time.Date(2026, time.November, 20, 12, 3, 45, 0, zone)
}

// showGallery shows every component in every state on one page: where the design is
// reviewed and photographed. There is one with the sandbox only. What it shows goes
// through the code that makes the pages, at a moment and with people of its own.
func (s *Server) showGallery(w http.ResponseWriter, r *http.Request) error {
	all := newSpecimens(galleryMoment(s.Zone))
	own := s.Options
	own.Board, own.Names, own.Outbox = all, all, all
	own.Trends = nil
	own.WaitingLimits = triage.WaitingLimits{Red: 30 * time.Minute, Orange: 4 * time.Hour, Gray: 24 * time.Hour}
	house := &Server{Options: own, base: s.base, rows: newRowCache(), alike: newLookAlikes(all, all.Snapshot())}
	v := &view{
		scribe: scribe{house, s.words(r), all.now}, snap: all.Snapshot(), version: 1,
		actor: triage.Actor{ID: galleryViewer, Role: triage.RoleAdmin},
	}
	g := gallery{v: v, r: r, all: all, page: s.page(r, v.l.T("gallery.page"))}
	page := templates.Gallery{Page: g.page, Marks: g.marks()}
	add := func(heading string, shown ...templ.Component) {
		page.Sections = append(page.Sections, templates.GallerySection{Heading: heading, Shown: shown})
	}
	rows, err := g.lists()
	if err != nil {
		return err
	}
	details, err := g.details()
	if err != nil {
		return err
	}
	actions, err := g.actions()
	if err != nil {
		return err
	}
	add(v.l.T("gallery.freshness"), g.freshness()...)
	add(v.l.T("gallery.counts"), g.counts()...)
	add(v.l.T("gallery.bars"), g.bars()...)
	add(v.l.T("gallery.rows"), rows...)
	add(v.l.T("gallery.empty"), g.empty()...)
	add(v.l.T("gallery.notices"), g.notices()...)
	add(v.l.T("gallery.detail"), details...)
	add(v.l.T("gallery.actions"), actions)
	courses, err := g.courses()
	if err != nil {
		return err
	}
	add(v.l.T("gallery.charts"), g.charts()...)
	add(v.l.T("trend.heading"), courses...)
	add(v.l.T("gallery.controls"), templates.GalleryControls(g.page), templates.GalleryTable(g.page, v.auditSample()))
	seen := ids{}
	for _, section := range page.Sections {
		for i, shown := range section.Shown {
			section.Shown[i] = seen.unique(shown)
		}
	}
	return s.render(w, r, http.StatusOK, templates.GalleryPage(page))
}

// gallery is what its sections are made of.
type gallery struct {
	v    *view
	r    *http.Request
	all  *specimens
	page templates.Page
}

// marks is every flag, type and status.
func (g gallery) marks() templates.GalleryMarks {
	var m templates.GalleryMarks
	for _, f := range []triage.Flag{triage.FlagRed, triage.FlagOrange, triage.FlagGray, "violet", ""} {
		m.Flags = append(m.Flags, components.FlagMark(g.v.l, f))
	}
	for _, t := range []triage.Type{triage.TypeMeasurement, triage.TypeRemark, triage.TypeOverdue, triage.TypeCombination, "telepathy"} {
		m.Types = append(m.Types, components.TypeMark(g.v.l, t))
	}
	for _, s := range []triage.Status{triage.StatusOpen, triage.StatusProcessed, triage.StatusEscalated, "snoozed"} {
		m.Statuses = append(m.Statuses, components.StatusMark(g.v.l, s))
	}
	return m
}

// lists is the rows: each state the board gives them, and those a page adds.
func (g gallery) lists() ([]templ.Component, error) {
	v := g.v
	list := func(heading string, ids []triage.AlertID, attributes string) (templ.Component, error) {
		l := templates.List{Version: 1, Heading: heading, Freshness: triage.FreshLive, ConfirmedAt: v.now, Total: len(ids)}
		for _, id := range ids {
			row, err := v.rendered(g.all.entry(id))
			if err != nil {
				return nil, err
			}
			l.Rows = append(l.Rows, row.component(v.scribe, attributes))
		}
		return templates.ListPart(v.l, l), nil
	}
	var lists []templ.Component
	for _, kind := range []struct {
		heading    string
		ids        []triage.AlertID
		attributes string
	}{
		{v.l.T("gallery.rows"), []triage.AlertID{
			"flag", "open", "type", "lookalike", "unknown", "overdue", "failed", "pending", "similar", "long", "conflict", "missing",
			"nameless", "status", "escalated", "processed",
		}, ""},
		{v.l.T("gallery.selected"), []triage.AlertID{"open"}, ` aria-current="true"`},
		{v.l.T("gallery.arrived"), []triage.AlertID{"open"}, ` data-arrived`},
		{v.l.T("gallery.left"), []triage.AlertID{"processed", "escalated"}, ` data-left data-renewed`},
		{v.l.T("gallery.marked"), []triage.AlertID{"similar"}, ` data-marked`},
	} {
		made, err := list(kind.heading, kind.ids, kind.attributes)
		if err != nil {
			return nil, err
		}
		lists = append(lists, templates.GalleryLabel(kind.heading), made)
	}
	return lists, nil
}

// reports is the board in each state of freshness.
func (g gallery) reports() []triage.FreshnessReport {
	now, since := g.v.now, triage.Day("2026-10-23")
	return []triage.FreshnessReport{
		{State: triage.FreshLive, ConfirmedAt: now.Add(-4 * time.Second), TodayAt: now.Add(-4 * time.Second), OldestDay: now.Add(-time.Minute), Since: since, DaysRead: 30, DaysTotal: 30},
		{State: triage.FreshUnknown, Since: since, DaysRead: 2, DaysTotal: 30},
		{State: triage.FreshLate, ConfirmedAt: now.Add(-11 * time.Minute), TodayAt: now.Add(-2 * time.Second), Since: since, DaysRead: 30, DaysTotal: 30},
		{State: triage.FreshNotLive, ConfirmedAt: now.Add(-26 * time.Hour), Since: since, DaysRead: 30, DaysTotal: 30, Reason: triage.ErrUnavailable},
	}
}

func (g gallery) status(f triage.FreshnessReport, unfinished int) templates.Status {
	q := triage.Query{Status: triage.StatusOpen}
	return g.v.status(q, triage.NewTally(g.v.snap, g.v.actor, q.Settle(g.v.now, nil)), f, unfinished, 1)
}

func (g gallery) freshness() (shown []templ.Component) {
	for _, f := range g.reports() {
		shown = append(shown, templates.Freshness(g.v.l, g.status(f, 0)))
	}
	return shown
}

func (g gallery) counts() []templ.Component {
	known := g.status(g.reports()[0], 0)
	none, outside, reading := known, known, g.status(g.reports()[1], 0)
	none.Counts, none.Aside = triage.Counts{}, ""
	outside.Aside = g.v.l.T("outside.red", 2)
	unfinished := g.status(g.reports()[0], 2)
	return []templ.Component{
		templates.Counts(g.v.l, known), templates.Counts(g.v.l, outside), templates.Counts(g.v.l, none),
		templates.Counts(g.v.l, reading), templates.Unfinished(unfinished),
	}
}

// bars is what stands above the list.
func (g gallery) bars() []templ.Component {
	v, q := g.v, triage.Query{Status: triage.StatusOpen, Flags: []triage.Flag{triage.FlagRed}}
	seen := newSight(v.snap, v.actor, q.Settle(v.now, nil))
	b := templates.Board{Page: g.page, Views: v.views(q, seen.tally), Menus: v.menus(q, seen), Clear: v.s.base + "/"}
	b.List.Total = seen.tally.Total
	b.Several = v.s.link("/alerts/bulk", q.Values())
	b.Waiting, b.ByPatient, b.Find, b.Saves = v.waitingMenu(q), v.byPatient(q), v.findBox(q), true
	b.Kept = []templates.Choice{{Label: "COPD > 1 u", Key: "4", Href: v.s.base + "/"}}
	paused := v.l.T("news.paused", v.l.Clock(v.now))
	button := []string{`id="pause" class="chip" type="button" hidden`, `id="pause" class="chip" type="button"`}
	return []templ.Component{
		templates.Filters(b),
		altered(templates.News(b), button...),
		altered(templates.News(b), ` hidden aria-keyshortcuts=".">`, ` aria-keyshortcuts=".">`, v.l.T("news.new", "0"), v.l.T("news.new", "3")),
		altered(templates.News(b), `class="news"`, `class="news" data-paused-now`, `<span id="paused">`, `<span id="paused">`+templ.EscapeString(paused), button[0], button[1], v.l.T("news.pause")+"</button>", v.l.T("news.resume")+"</button>"),
	}
}

func (g gallery) empty() []templ.Component {
	var shown []templ.Component
	for i, f := range g.reports()[:2] {
		for _, q := range []triage.Query{{Status: triage.StatusOpen}, {Status: triage.StatusOpen, Flags: []triage.Flag{triage.FlagRed}}}[:2-i] {
			heading := fmt.Sprintf("%s %d", g.v.l.T("gallery.empty"), len(shown)+1)
			shown = append(shown, templates.ListPart(g.v.l, templates.List{Heading: heading, Freshness: f.State, Empty: g.v.empty(q, f)}))
		}
	}
	return append(shown, templates.EmptyDetail(g.v.l))
}

// notices is messages of every kind.
func (g gallery) notices() []templ.Component {
	l, v := g.v.l, g.v
	var shown []templ.Component
	for _, cause := range []error{
		&triage.InvalidError{Field: "note", Reason: "invalid.note"}, &triage.ConflictError{Now: g.all.entry("processed").Alert}, triage.ErrBusy, triage.ErrUnavailable, triage.ErrForbidden,
	} {
		_, notice := v.refusal(cause, &draft{note: "…"})
		shown = append(shown, components.NoticeBox(notice))
	}
	toast := components.Toast{Alert: "gallery-open", Text: l.T("flash.accepted.processed"), Who: v.identity("berg")}
	undo := toast
	undo.Undo = &components.Undo{To: v.s.base + "/undo", Action: "gallery"}
	return append(shown, components.ToastBox(l, toast), components.ToastBox(l, undo))
}

// details is one alert, in every state a form or a decision can be in.
func (g gallery) details() ([]templ.Component, error) {
	var shown []templ.Component
	ctx, q := g.r.Context(), triage.Query{Status: triage.StatusOpen}
	long := draft{
		category: "request_visit", note: strings.Repeat("Mevrouw belt morgen terug. ", 12), saved: g.v.now.Add(-time.Minute),
		errors: map[string]string{"note": g.v.l.T("invalid.note"), "category": g.v.l.T("invalid.category")},
	}
	for _, one := range []struct {
		id    triage.AlertID
		typed draft
		alter []string
	}{
		{"open", draft{}, nil},
		{"similar", long, nil},
		{"flag", draft{}, []string{`class="card act"`, `class="card act htmx-request"`}},
		{"long", draft{}, []string{`<dialog id="ask"`, `<dialog open id="ask"`}},
		{"pending", draft{}, nil},
		{"failed", draft{}, nil},
		{"conflict", draft{}, nil},
		{"unknown", draft{}, nil},
		{"missing", draft{}, nil},
		{"nameless", draft{}, nil},
		{"escalated", draft{}, nil},
		{"processed", draft{}, nil},
	} {
		d, err := g.v.detail(ctx, g.all.entry(one.id), q, one.typed)
		if err != nil {
			return nil, err
		}
		if d.Form != nil {
			d.Form.SaveTo = "" // nothing typed here is anybody's draft
		}
		shown = append(shown, altered(templates.DetailPart(g.page, d), one.alter...))
	}
	reader := *g.v
	reader.actor.Role = triage.RoleViewAll
	d, err := reader.detail(ctx, g.all.entry("type"), q, draft{})
	if err != nil {
		return nil, err
	}
	return append(shown, templates.DetailPart(g.page, d)), nil
}

// actions is what became of one's own, in each state.
func (g gallery) actions() (templ.Component, error) {
	all, err := g.all.Recent(g.r.Context(), galleryViewer, time.Time{})
	if err != nil {
		return nil, err
	}
	var items []templates.ActionItem
	for _, a := range all {
		item, _, err := g.v.actionItem(g.r, a)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return templates.GalleryActions(g.page, items), nil
}

// auditSample is a row of a table.
func (v *view) auditSample() []templates.AuditRecord {
	who := v.hcpName(galleryColleague)
	return []templates.AuditRecord{
		{Seq: "1041", At: v.now.UTC().Format(time.RFC3339), Moment: v.moment(v.now), Action: v.l.T("action.process"), Outcome: "✓", Fine: true, Who: who, User: string(galleryColleague), Patient: "berg", Object: "gallery-open"},
		{Seq: "1040", At: v.now.UTC().Format(time.RFC3339), Moment: v.moment(v.now.Add(-time.Hour)), Action: v.l.T("action.escalate"), Outcome: v.l.T("failed.title"), Who: who, User: string(galleryColleague), Patient: "long"},
	}
}

// altered is a component as the page's script leaves it: with pairs of old and new
// markup.
func altered(c templ.Component, pairs ...string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var html bytes.Buffer
		if err := c.Render(ctx, &html); err != nil {
			return err
		}
		_, err := strings.NewReplacer(pairs...).WriteString(w, html.String())
		return err
	})
}

// ids are those on the page already.
type ids map[string]int

var (
	idAttribute  = regexp.MustCompile(`(\sid=")([^"]+)"`)
	refAttribute = regexp.MustCompile(`(\s(?:for|commandfor|aria-labelledby|aria-describedby)=")([^"]+)"`)
)

// unique is a component whose ids no other on the page has: what a page holds once
// stands in the gallery in many states.
func (seen ids) unique(c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var html bytes.Buffer
		if err := c.Render(ctx, &html); err != nil {
			return err
		}
		renamed := map[string]string{}
		rename := func(of *regexp.Regexp, name func(id string) string, text string) string {
			return of.ReplaceAllStringFunc(text, func(attribute string) string {
				part := of.FindStringSubmatch(attribute)
				return part[1] + name(part[2]) + `"`
			})
		}
		text := rename(idAttribute, func(id string) string {
			if seen[id]++; seen[id] > 1 {
				renamed[id] = id + "-" + strconv.Itoa(seen[id])
				return renamed[id]
			}
			return id
		}, html.String())
		text = rename(refAttribute, func(id string) string { return firstOf(renamed[id], id) }, text)
		_, err := io.WriteString(w, text)
		return err
	})
}
