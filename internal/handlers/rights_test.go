package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/triage"
)

// newcomer has a role that no page of the API names; nobody isn't signed in.
var (
	newcomer = triage.HCP{ID: "h-new", FirstName: "Olga", LastName: "Nieuw", Email: "o.nieuw@hospital.test", Role: "HC_NEW", Active: true, Groups: "COPD"}
	nobody   = triage.HCP{}
)

// forgetful is a directory that doesn't know the newcomer at present, so that they
// stay signed in with the role they came with: no page may count on sign-in having
// kept them out.
type forgetful struct{ *fakeNames }

func (f forgetful) HCPInMemory(email string) (triage.HCP, bool, bool) {
	if email == newcomer.Email {
		return triage.HCP{}, false, false
	}
	return f.fakeNames.HCPInMemory(email)
}

// The marked alerts, of one patient each, whose names nobody else's page may
// hold.
var marked = []struct {
	id     triage.AlertID
	name   string
	group  triage.GroupID
	status triage.Status
	read   []string // whom it is shown to
	act    []string // who may change it
}{
	{"own-open", "Aalbersberg", "g-copd", triage.StatusOpen, []string{"h-admin", "h-viewer", "h-primary"}, []string{"h-admin", "h-primary"}},
	{"own-up", "Bovenkerk", "g-copd", triage.StatusEscalated, []string{"h-admin", "h-viewer", "h-primary", "h-secondary"}, []string{"h-admin", "h-primary", "h-secondary"}},
	{"foreign-open", "Cornelissen", "g-heart", triage.StatusOpen, []string{"h-admin", "h-viewer"}, []string{"h-admin"}},
	{"foreign-up", "Dijkgraaf", "g-heart", triage.StatusEscalated, []string{"h-admin", "h-viewer"}, []string{"h-admin"}},
}

// probe is one request to a route. ID in path and form is an alert's id.
type probe struct {
	path, form string
	before     func(h *house, who triage.HCP, id triage.AlertID) // what there is first; may be nil

	// What is answered about an alert that isn't shown to who asks, that they may
	// read only, and that they may change.
	unseen, readOnly, may int
	// Where the route is about no alert: by who asks, else others. 401 stands for
	// the way to the sign-in page.
	by     map[string]int
	others int
}

func anyone(status int) probe { return probe{others: status} }

func only(status int, who ...string) probe {
	p := probe{by: map[string]int{}, others: http.StatusForbidden}
	for _, id := range who {
		p.by[id] = status
	}
	return p
}

// onlyOf is status for who is named, and others for everybody else.
func onlyOf(status, others int, who ...string) probe {
	p := only(status, who...)
	p.others = others
	return p
}

func (p probe) at(path string) probe   { p.path = path; return p }
func (p probe) with(form string) probe { p.form = form; return p }
func about(unseen, readOnly, may int) probe {
	return probe{unseen: unseen, readOnly: readOnly, may: may}
}

// after has the actor an action on the alert, as if it had been theirs to change
// when they decided: it ended in the state.
func (p probe) after(state triage.ActionState) probe {
	p.before = func(h *house, who triage.HCP, id triage.AlertID) {
		e, _ := h.board.find(id)
		now := time.Now().UTC()
		a := triage.Action{
			ID: "act-1", Batch: "batch-1", Alert: id, Patient: e.Patient, Actor: who.ID, State: state, RecordedAt: now, EndedAt: now,
			RetryUntil: now.Add(time.Minute), Seen: e.UpdatedAt, Was: triage.StatusProcessed, Result: e.UpdatedAt,
			Change: triage.Change{Status: e.Status},
		}
		h.outbox.mu.Lock()
		defer h.outbox.mu.Unlock()
		h.outbox.actions = []triage.Action{a}
	}
	return p
}

const (
	ok, done, seeOther = http.StatusOK, http.StatusNoContent, http.StatusSeeOther
	no, unknown, wrong = http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity
)

// What everybody gets on every route. A new route has to be put into this table.
var rightsOf = map[string][]probe{
	"GET /livez":          {anyone(ok)},
	"GET /readyz":         {anyone(ok)},
	"* /static/*":         {anyone(unknown)}, // of a name that isn't there
	"GET /signin":         {onlyOf(ok, seeOther, "")},
	"POST /signin":        {anyone(wrong)}, // an empty form
	"POST /language":      {anyone(seeOther)},
	"POST /signout":       {anyone(seeOther)},
	"GET /help/keys":      {anyone(ok)},
	"GET /settings":       {anyone(ok)},
	"POST /settings":      {anyone(seeOther)},
	"GET /gallery":        {anyone(ok)},
	"GET /commands":       {anyone(seeOther)},
	"GET /settings/keys":  {anyone(ok)},
	"POST /settings/keys": {anyone(seeOther)},
	"GET /settings/views": {anyone(ok)},
	"POST /settings/views": {
		anyone(wrong),
		anyone(unknown).with("id=view-of-another&name=x"),
	},

	"GET /": {
		anyone(ok).at("/?status=open"), anyone(ok).at("/?status=escalated"), anyone(ok).at("/?status=processed"),
		anyone(ok).at("/?status=open&by=patient"), anyone(ok).at("/?group=g-heart"), anyone(unknown).at("/?s=search-of-another"),
		about(wrong, ok, ok).at("/?status=open&after=ID"),
	},
	"POST /search": {
		anyone(seeOther).with("q=Corneliss"), onlyOf(seeOther, wrong, "h-admin", "h-viewer").with("q=group:Hartfalen"), anyone(seeOther).with("q=7009003"),
		anyone(seeOther).with("q=foreign"),
	},
	"GET /events": {about(ok, ok, ok), about(ok, ok, ok).at("/events?status=escalated"), about(ok, ok, ok).at("/events?group=g-heart")},

	"GET /alerts/{id}":          {about(unknown, ok, ok).at("/alerts/ID"), about(unknown, ok, ok).at("/alerts/ID?flag=red")},
	"POST /alerts/{id}":         {about(unknown, no, seeOther).at("/alerts/ID").with("status=processed&seen=SEEN"), about(unknown, wrong, wrong).at("/alerts/ID")},
	"GET /alerts/{id}/trend":    {about(unknown, ok, ok).at("/alerts/ID/trend")},
	"GET /alerts/{id}/escalate": {about(unknown, no, ok).at("/alerts/ID/escalate")},
	"POST /alerts/{id}/draft":   {about(unknown, no, seeOther).at("/alerts/ID/draft").with("note=n")},
	"GET /alerts/bulk":          {about(unknown, ok, ok).at("/alerts/bulk?id=ID")},
	"POST /alerts":              {about(ok, ok, ok).with("id=ID&status=processed&seen.ID=SEEN"), about(unknown, wrong, wrong).with("id=ID&status=nonsense")},
	"GET /batches/{id}": {
		anyone(unknown).at("/batches/batch-of-another"),
		about(ok, ok, ok).at("/batches/batch-1").after(triage.StateFailed),
	},
	"GET /actions": {anyone(ok), about(ok, ok, ok).after(triage.StateFailed), about(ok, ok, ok).after(triage.StateConfirmed)},
	"POST /actions/{id}/retry": {
		anyone(unknown).at("/actions/action-of-another/retry"),
		about(unknown, no, seeOther).at("/actions/act-1/retry").after(triage.StateFailed),
	},
	"POST /actions/{id}/settle": {
		anyone(unknown).at("/actions/action-of-another/settle"),
		about(seeOther, seeOther, seeOther).at("/actions/act-1/settle").after(triage.StateFailed), // says nothing of the alert
	},
	"POST /undo": {
		anyone(unknown).with("action=action-of-another"),
		about(unknown, no, seeOther).with("action=act-1").after(triage.StateConfirmed),
	},
	"POST /printed": {anyone(done), about(unknown, done, done).with("alert=ID")},

	"GET /audit":    {only(ok, "h-admin"), only(ok, "h-admin").at("/audit?patient=p-foreign-open")},
	"GET /insights": {only(ok, "h-admin", "h-viewer"), only(ok, "h-admin", "h-viewer").at("/insights?group=g-heart")},
	"GET /reports":  {only(ok, "h-admin", "h-viewer")},
	"GET /reports/{type}": {
		only(ok, "h-admin", "h-viewer").at("/reports/patients"), only(ok, "h-admin", "h-viewer").at("/reports/patients?preview=1"),
		only(unknown, "h-admin", "h-viewer").at("/reports/nothing"),
	},
	"GET /reports/{type}/download": {only(ok, "h-admin", "h-viewer").at("/reports/patients/download?format=csv")},
	"POST /reports/{type}/downloads": {
		only(seeOther, "h-admin", "h-viewer").at("/reports/patients/downloads"),
		only(seeOther, "h-admin").at("/reports/patients/downloads").with("bsn=1&reason=asked+for+by+the+inspectorate"),
	},
	"GET /downloads/{id}":      {only(unknown, "h-admin", "h-viewer").at("/downloads/download-of-another")},
	"POST /downloads/{id}":     {only(unknown, "h-admin", "h-viewer").at("/downloads/download-of-another")},
	"GET /downloads/{id}/file": {only(unknown, "h-admin", "h-viewer").at("/downloads/download-of-another/file?format=csv")},
}

// Routes that somebody needn't be signed in for.
var forEverybody = []string{"GET /livez", "GET /readyz", "* /static/*", "GET /signin", "POST /signin", "POST /language"}

// Every route, asked by every role about every kind of alert: the answer is as the
// table says, it never holds a name that isn't the asker's to see, and an alert
// that isn't shown to them can't be told from one there isn't.
func TestRights(t *testing.T) {
	for _, who := range []triage.HCP{admin, viewer, primary, secondary, newcomer, nobody} {
		t.Run(string(who.Role), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, withReports(&fakeReports{}), withTrends(&fakeTrends{}), withNewcomer)
			b := h.visitor(who)
			for _, route := range routesOf(t, h) {
				probes, listed := rightsOf[route]
				if !assert.True(t, listed, "the route %s stands in no table of rights", route) {
					continue
				}
				for _, p := range probes {
					h.probe(b, who, route, p)
				}
			}
		})
	}
	h := newHouse(t, withNewcomer)
	routes := routesOf(t, h)
	for route := range rightsOf {
		assert.Contains(t, routes, route, "no route any more")
	}
}

// withNewcomer lets the newcomer in, puts the marked alerts up, and has others keep what the
// table asks for.
func withNewcomer(h *house) {
	h.names.hcps[newcomer.ID] = newcomer
	h.auth.Personas = append(h.auth.Personas, auth.Persona{HCP: newcomer, Key: "key-of-newcomer"})
	h.auth.Directory = forgetful{h.names}
	h.board.history = func(_ context.Context, a triage.Alert) ([]triage.Record, error) {
		return []triage.Record{{Action: "process", Note: "note on " + string(a.ID)}}, nil
	}
	for i, w := range marked {
		h.names.patient(triage.Patient{ID: "p-" + triage.PatientID(w.id), FirstName: "Saskia", LastName: w.name, BirthDate: "1945-07-14", Number: "700900" + string(rune('1'+i))})
	}
	h.refill()
}

// refill puts everything back to where a probe begins.
func (h *house) refill() {
	for _, w := range marked {
		a := anAlert(w.id, triage.FlagRed, inGroup(w.group), ofPatient("p-"+triage.PatientID(w.id)))
		if w.status == triage.StatusEscalated {
			escalated(&a)
		}
		h.board.put(a)
	}
	h.outbox.mu.Lock()
	defer h.outbox.mu.Unlock()
	h.outbox.actions = nil
}

// visitor is a browser of somebody, or of nobody.
func (h *house) visitor(who triage.HCP) *browser {
	h.t.Helper()
	if who.ID == "" {
		return h.stranger()
	}
	return h.as(who)
}

// routesOf are all routes there are, as "METHOD /path".
func routesOf(t *testing.T, h *house) []string {
	t.Helper()
	router, isRouter := h.server.Handler().(chi.Routes)
	require.True(t, isRouter)
	var routes []string
	require.NoError(t, chi.Walk(router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		route = strings.TrimPrefix(strings.ReplaceAll(route, "/*/", "/"), "//")
		if strings.HasPrefix(route, "/static/") {
			method = "*" // served whatever the method, and refused there
		}
		if name := method + " " + route; !slices.Contains(routes, name) {
			routes = append(routes, name)
		}
		return nil
	}))
	return routes
}

// probe asks one thing as somebody, about each of the marked alerts where it is
// about one, as a page and as htmx does.
func (h *house) probe(b *browser, who triage.HCP, route string, p probe) {
	h.t.Helper()
	if p.path == "" {
		_, p.path, _ = strings.Cut(strings.NewReplacer("*", "nothing").Replace(route), " ")
		p.path = strings.TrimPrefix(p.path, "nothing ")
	}
	ids := []triage.AlertID{""}
	if p.by == nil && p.others == 0 {
		ids = ids[:0]
		for _, w := range marked {
			ids = append(ids, w.id)
		}
	}
	ways := [][]string{nil, htmx}
	if strings.HasPrefix(route, "GET /alerts/") {
		ways = append(ways, []string{"HX-Request", "true", "HX-Target", "section#detail"})
	}
	for _, headers := range ways {
		var ofUnknown string // once it was asked for
		for _, id := range ids {
			a := h.ask(b, who, route, p, id, headers)
			name := string(who.Role) + " " + route + " " + p.path + " " + string(id)
			want := p.wanted(who, route, id)
			got := a.status
			switch {
			case got == http.StatusSeeOther && a.location() == "/signin" && (route != "POST /signout" || who.ID == ""):
				got = http.StatusUnauthorized
			case got == ok && want == seeOther && len(headers) > 0:
				got = seeOther // what worked is 200 and fragments
			}
			assert.Equal(h.t, want, got, name)
			said := a.body
			for _, values := range a.header {
				said += strings.Join(values, " ")
			}
			for _, w := range marked {
				if !slices.Contains(w.read, string(who.ID)) {
					assert.NotContains(h.t, said, w.name, name)
					assert.NotContains(h.t, said, "note on "+string(w.id), name)
				}
			}
			if id != "" && !slices.Contains(readersOf(id), string(who.ID)) && (got != ok || route == "POST /alerts") && p.before == nil {
				if ofUnknown == "" {
					ofUnknown = h.ask(b, who, route, p, "no-such-alert", headers).plainly("no-such-alert")
				}
				assert.Equal(h.t, ofUnknown, a.plainly(id), name)
			}
		}
	}
}

// readersOf are those whom a marked alert is shown to.
func readersOf(id triage.AlertID) []string {
	for _, w := range marked {
		if w.id == id {
			return w.read
		}
	}
	return nil
}

// wanted is the status the table says.
func (p probe) wanted(who triage.HCP, route string, id triage.AlertID) int {
	if who.ID == "" && !slices.Contains(forEverybody, route) {
		return http.StatusUnauthorized
	}
	if id == "" {
		if status, special := p.by[string(who.ID)]; special {
			return status
		}
		return p.others
	}
	for _, w := range marked {
		switch {
		case w.id != id:
		case slices.Contains(w.act, string(who.ID)):
			return p.may
		case slices.Contains(w.read, string(who.ID)):
			return p.readOnly
		}
	}
	return p.unseen
}

// ask makes a probe's request by itself: nothing stays of an earlier one.
func (h *house) ask(b *browser, who triage.HCP, route string, p probe, id triage.AlertID, headers []string) answer {
	h.t.Helper()
	h.refill()
	if p.before != nil && who.ID != "" {
		p.before(h, who, id)
	}
	seen := "2026-01-01T00:00:00Z"
	if e, known := h.board.find(id); known {
		seen = e.UpdatedAt.Format(time.RFC3339Nano)
	}
	in := strings.NewReplacer("SEEN", url.QueryEscape(seen), "ID", string(id))
	if route == "POST /signout" {
		b = h.visitor(who)
	}
	method, _, _ := strings.Cut(route, " ")
	if method == "*" {
		method = http.MethodGet
	}
	if strings.HasPrefix(p.path, "/events") {
		return h.streamed(b, in.Replace(p.path), headers)
	}
	a := b.do(method, in.Replace(p.path), in.Replace(p.form), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
	if route == "POST /search" && a.status == http.StatusSeeOther && a.location() != "/signin" {
		found := b.get(a.location()) // what is found, too
		a.body += found.body
	}
	return a
}

// varying is what differs between any two answers.
var varying = regexp.MustCompile(`/batches/\w+`)

// plainly is all of an answer but what differs between any two, and the id.
func (a answer) plainly(id triage.AlertID) string {
	header := a.header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Set-Cookie", "Content-Length"} {
		header.Del(name)
	}
	var out strings.Builder
	if err := header.Write(&out); err != nil {
		a.t.Error(err)
	}
	return http.StatusText(a.status) + "\n" + out.String() + "\n" +
		varying.ReplaceAllString(strings.ReplaceAll(a.body, string(id), "ID"), "/batches/ID")
}

// streamed is what an event stream says while every marked alert changes.
func (h *house) streamed(b *browser, path string, headers []string) answer {
	h.t.Helper()
	l := b.listen(strings.TrimPrefix(path, "/events"), headers...)
	a := answer{t: h.t, path: path, status: l.status, header: l.header}
	if l.status != ok {
		return a
	}
	defer l.close()
	for _, name := range []string{"freshness", "counts"} {
		a.body += l.next(name).data
	}
	for _, w := range marked {
		e, _ := h.board.find(w.id)
		e.Type = triage.TypeRemark
		h.board.put(e.Alert)
	}
	// That the board is late is told everybody, after what came before it.
	h.board.change(func() {
		h.board.shape = func(s *triage.Snapshot) {
			for i := range s.Days {
				s.Days[i].ConfirmedAt = h.board.made.Add(-3 * interval)
			}
		}
	})
	defer h.board.change(func() { h.board.shape = nil })
	for e := range l.events {
		a.body += e.data
		if e.name == "freshness" {
			return a
		}
	}
	assert.Fail(h.t, "the stream ended")
	return a
}
