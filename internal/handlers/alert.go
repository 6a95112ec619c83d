package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

const (
	// historyWait is how long a page waits for an alert's history before it is
	// shown without; ours.
	historyWait = 4 * time.Second
	// earlierShown is how many of the patient's other alerts a page lists; ours.
	earlierShown = 12
	// sameMoment is how far a record may lie from the time Luscii gives for an
	// alert's processing to be the record of it.
	sameMoment = 2 * time.Second
)

// showAlert is one alert with its history: a page with the list beside it, or
// for htmx the alert alone.
func (s *Server) showAlert(w http.ResponseWriter, r *http.Request) error {
	if to, ok := s.withFilters(r); ok {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	e, err := s.readable(r)
	if err != nil {
		return err
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	v := s.look(r)
	ctx, read := triage.Urgent(r.Context()), audit.AlertShown
	if isPrefetch(r) {
		ctx, read = r.Context(), audit.AlertPrefetched
	}
	d, err := v.detail(ctx, e, q, v.drafted(ctx, e))
	if err != nil {
		return err
	}
	d.Course = v.coursePlace(e, q, isPrefetch(r))
	if err := s.record(ctx, s.alertEvent(r, read, audit.Done, e)); err != nil {
		return err
	}
	if isHTMX(r) {
		return s.render(w, r, http.StatusOK, templates.DetailPart(s.page(r, ""), d))
	}
	return s.detailPage(w, r, http.StatusOK, q, d)
}

// isPrefetch reports whether a page reads an alert ahead, to have it at hand
// (R41). Once it shows the alert it asks again, which is what counts as shown.
func isPrefetch(r *http.Request) bool { return isHTMX(r) && r.Header.Get("X-Prefetch") == "true" }

// withFilters is this alert beside the list it was opened from. A row's link
// doesn't name the list's filters, since the same row serves every list; the
// script adds them, and without it the referring page tells them.
func (s *Server) withFilters(r *http.Request) (string, bool) {
	if r.URL.RawQuery != "" || isHTMX(r) {
		return "", false
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.RawQuery == "" || from.Host != r.Host || !strings.HasPrefix(from.Path, s.base+"/") {
		return "", false
	}
	q, err := s.queryIn(r, from.Query())
	if err != nil {
		return "", false
	}
	return s.link(r.URL.EscapedPath(), q.Values()), true
}

// detailPage is the whole screen around one alert.
func (s *Server) detailPage(w http.ResponseWriter, r *http.Request, status int, q triage.Query, d templates.Detail) error {
	b, err := s.board(r, q, "", d.Alert.ID)
	if err != nil {
		return err
	}
	b.Title = b.L.T("detail") // a name would stay in the browser's history (R25)
	b.Detail = &d
	if d.Delivery == triage.DeliveryPending { // nobody types there, and it will change
		b.Refresh = s.Interval
	}
	b.Hints = hints(b.L, s.actor(r), s.settings(r).Keys)
	return s.render(w, r, status, templates.BoardPage(b))
}

// askEscalate is the page that asks before escalating, and names the patient
// (R16).
func (s *Server) askEscalate(w http.ResponseWriter, r *http.Request) error {
	e, err := s.readable(r)
	if err != nil {
		return err
	}
	if !s.actor(r).Can(triage.OpAct, e.Alert) {
		return denied(s.auditAlert(r, e, audit.Denied), triage.ErrForbidden)
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	v := s.look(r)
	d, err := v.detail(triage.Urgent(r.Context()), e, q, v.drafted(r.Context(), e))
	if err != nil {
		return err
	}
	if err := s.auditAlert(r, e, audit.Done); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.EscalatePage(templates.Escalate{
		Page: s.page(r, v.l.T("escalate.page")), Detail: d,
	}))
}

// readable is the alert a path names, if it exists and the actor may see it;
// the two failures can't be told apart.
func (s *Server) readable(r *http.Request) (triage.Entry, error) {
	id := chi.URLParam(r, "id")
	if r.URL.RawPath != "" { // only then chi matched the path as it was escaped
		unescaped, err := url.PathUnescape(id)
		if err != nil {
			return triage.Entry{}, triage.ErrNotFound
		}
		id = unescaped
	}
	e, ok, err := s.find(r.Context(), triage.AlertID(id))
	if err != nil {
		return triage.Entry{}, fmt.Errorf("find an alert: %w", err)
	}
	if !ok {
		return triage.Entry{}, denied(s.auditUnknownAlert(r, id), triage.ErrNotFound)
	}
	if !s.actor(r).Can(triage.OpRead, e.Alert) {
		return triage.Entry{}, denied(s.auditAlert(r, e, audit.Denied), triage.ErrNotFound)
	}
	return e, nil
}

// detail puts one alert with everything around it in words, its form holding
// what was typed. The error says that the patient's other alerts can't be read.
func (v *view) detail(ctx context.Context, e triage.Entry, q triage.Query, typed draft) (templates.Detail, error) {
	p, _ := v.s.Names.Patient(e.Patient)
	d := templates.Detail{
		Alert: e.Alert, Who: v.identity(e.Patient), Sex: sexWord(v.l, p.Sex), Query: q.Values(),
		Flag: components.FlagMark(v.l, e.Flag), Type: components.TypeMark(v.l, e.Type), Status: components.StatusMark(v.l, e.Status),
		Facts: v.facts(e, p), Back: v.s.link("/", q.Values()), Self: v.alertLink(e.ID, q), Delivery: e.Delivery.State,
	}
	kept, unfinished := v.addDeliveries(&d, e, q)
	v.addHistory(ctx, &d) // before the form, which offers the categories met in it
	switch {
	case !v.actor.Can(triage.OpAct, e.Alert):
		d.ReadOnly = &components.Notice{
			Kind: "info", Title: v.l.T("readonly.title"),
			Lines: []string{v.l.T("readonly.text", roleWord(v.l, v.actor.Role))},
		}
	case e.Delivery.State == triage.DeliveryPending: // one action at a time
	default:
		if typed.empty() {
			typed = kept
		}
		form := v.form(e.Alert, typed)
		form.Action = v.alertLink(e.ID, q)
		form.Escalate = v.s.link(alertPath(e.ID)+"/escalate", q.Values())
		form.Settles = unfinished
		d.Form = form
	}
	if e.Missing {
		d.Notices = append(d.Notices, components.Notice{
			Kind: "conflict", Title: v.l.T("row.vanished", v.moment(e.ConfirmedAt)), Lines: []string{v.l.T("failed.gone")},
		})
	}
	if err := v.addEarlier(ctx, &d, q); err != nil {
		return templates.Detail{}, err
	}
	return d, nil
}

// facts are what is known of an alert beside its flag, type and status. What
// Luscii doesn't give is said to be so, not left out (R11).
func (v *view) facts(e triage.Entry, p triage.Patient) []templates.Fact {
	facts := []templates.Fact{{Label: v.l.T("fact.created"), Value: v.moment(e.CreatedAt)}}
	if e.Status.View() != triage.StatusProcessed {
		facts = append(facts, templates.Fact{
			Label: v.l.T("fact.waiting"), Value: v.waiting(e.CreatedAt), Since: e.CreatedAt,
			Limit: v.s.WaitingLimits.Of(e.Flag), Over: v.over(e.CreatedAt, v.s.WaitingLimits.Of(e.Flag)),
		})
	}
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, templates.Fact{Label: v.l.T(label), Value: value})
		}
	}
	if n := v.s.alike.like(e.Patient); n > 0 {
		add("fact.similar", v.l.T("fact.similar_n", n))
	}
	if p.Phone != "" {
		facts = append(facts, templates.Fact{Label: v.l.T("fact.phone"), Value: p.Phone, Href: "tel:" + dialled(p.Phone)})
	}
	if p.Email != "" {
		facts = append(facts, templates.Fact{Label: v.l.T("fact.email"), Value: p.Email, Href: "mailto:" + url.PathEscape(p.Email)})
	}
	add("fact.group", v.groupName(e.Group))
	add("fact.program", v.programName(e.Program))
	add("fact.protocol", v.s.Names.ProtocolName(e.Protocol))
	if e.Type == triage.TypeMeasurement || e.Type == triage.TypeCombination {
		value := templates.Fact{Label: v.l.T("fact.value"), Value: v.l.T("not_given")}
		if v.s.Trends != nil {
			value.ID = valueID(e.ID)
		}
		facts = append(facts, value)
	}
	if !e.EscalatedAt.IsZero() {
		add("fact.escalated", v.moment(e.EscalatedAt)+", "+v.who(e.EscalatedBy))
	}
	if !e.ProcessedAt.IsZero() {
		add("fact.processed", v.moment(e.ProcessedAt)+", "+v.who(e.ProcessedBy))
	}
	if v.s.Names.Source() == triage.NamesFromExport {
		add("fact.names", v.l.T("fact.names_export", v.moment(v.s.Names.At())))
	}
	return facts
}

// dialled is a telephone number as a link dials it.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}

// addHistory reads the alert's information records. That they can't be read
// never keeps the alert from being shown or acted on.
func (v *view) addHistory(ctx context.Context, d *templates.Detail) {
	ctx, cancel := context.WithTimeout(ctx, historyWait)
	defer cancel()
	records, err := v.s.Board.History(ctx, d.Alert)
	for _, r := range records {
		v.s.seen.add(d.Alert.Group, r.Category)
		d.History = append(d.History, v.event(r, d.Alert))
	}
	d.HistoryN = v.l.T("history.count", len(records))
	switch {
	case err != nil && len(records) == 0:
		d.HistoryN = ""
		d.NoRecord = &components.Notice{Kind: "error", Title: v.l.T("history.failed", causeWord(v.l, err)), Lines: []string{v.l.T("history.retry")}}
	case err != nil:
		d.NoRecord = &components.Notice{Kind: "conflict", Title: v.l.T("history.partial", causeWord(v.l, err)), Lines: []string{v.l.T("history.retry")}}
	case len(records) == 0:
		d.HistoryN = v.l.T("history.none")
	}
}

// event puts one information record in words. Records carry no actor: one is
// named only where the alert's own fields say who did just this.
func (v *view) event(r triage.Record, a triage.Alert) components.Event {
	e := components.Event{
		At: r.CreatedAt, Moment: v.moment(r.CreatedAt), Category: v.s.categoryLabel(v.l, r.Category),
		Note: r.Note, By: v.l.T("by.unknown"),
	}
	near := func(t time.Time) bool { return !t.IsZero() && t.Sub(r.CreatedAt).Abs() <= sameMoment }
	switch action := strings.ToLower(r.Action); action {
	case "process", "processed":
		e.Action = v.l.T("record.process")
		if near(a.ProcessedAt) && a.ProcessedBy != "" {
			e.By = v.who(a.ProcessedBy)
		}
	case "escalate", "escalated":
		e.Action = v.l.T("record.escalate")
		if near(a.EscalatedAt) && a.EscalatedBy != "" {
			e.By = v.who(a.EscalatedBy)
		}
	case "reopen", "reopened", "open":
		e.Action = v.l.T("record.reopen")
	case "":
		e.Action = v.l.T("record.unknown")
	default:
		e.Action = r.Action
	}
	switch key := "source." + r.Source; {
	case r.Source == "":
		e.Source = v.l.T("source.none")
	case v.l.Has(key):
		e.Source = v.l.T(key)
	default:
		e.Source = r.Source
	}
	return e
}

// addEarlier lists the patient's other alerts in the window.
func (v *view) addEarlier(ctx context.Context, d *templates.Detail, q triage.Query) error {
	all, err := v.s.Board.OfPatient(ctx, d.Alert.Patient)
	if err != nil {
		return fmt.Errorf("find a patient's other alerts: %w", err)
	}
	total := 0
	open := url.Values{}
	for _, e := range all {
		if e.Status.View() == triage.StatusOpen && v.actor.Can(triage.OpAct, e.Alert) {
			open.Add("id", string(e.ID))
		}
		if e.ID == d.Alert.ID || !v.actor.Can(triage.OpRead, e.Alert) {
			continue
		}
		if total++; total > earlierShown {
			continue
		}
		d.Earlier = append(d.Earlier, templates.Earlier{
			Href: v.alertLink(e.ID, q), Moment: v.moment(e.CreatedAt),
			Flag: components.FlagMark(v.l, e.Flag), Type: components.TypeMark(v.l, e.Type), Status: components.StatusMark(v.l, e.Status),
		})
	}
	if n := len(open["id"]); n > 1 && n <= batchAtMost {
		d.Together, d.TogetherTo = v.l.T("bulk.of_patient", n), v.s.link("/alerts/bulk", open)
	}
	d.EarlierN = v.l.T("history.earlier_n", len(d.Earlier), total, v.s.WindowDays)
	return nil
}
