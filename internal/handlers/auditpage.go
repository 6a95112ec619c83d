package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// auditRows is how many records a page of the audit trail holds.
const auditRows = 100

// showAudit is the audit trail, for HC_ADMIN. Looking at it is audited, too.
func (s *Server) showAudit(w http.ResponseWriter, r *http.Request) error {
	if !s.actor(r).May(triage.OpAudit) {
		return denied(s.auditRequest(r, audit.AuditShown, audit.Denied), triage.ErrForbidden)
	}
	v := s.look(r)
	asked := r.URL.Query()
	filter, wrong := v.auditFilter(asked)
	page := templates.Audit{Page: s.page(r, v.l.T("audit.page")), Form: v.auditForm(asked, wrong)}
	filters := auditFilters(asked)
	if len(filters) > 0 {
		page.Clear = page.To("/audit", nil)
	}
	if len(wrong) > 0 {
		page.Problem = &components.Notice{Kind: "error", Title: v.l.T("error.422"), Lines: slices.Sorted(maps.Values(wrong))}
		return s.render(w, r, http.StatusUnprocessableEntity, templates.AuditPage(page))
	}

	known := "" // the patient asked for, once it is seen to be one
	for record, err := range s.Audit.AuditRecords(r.Context(), filter) {
		if err != nil {
			return err
		}
		e, err := record.Event()
		if err != nil {
			return err
		}
		if len(page.Records) == auditRows {
			filters.Set("before", page.Records[auditRows-1].Seq)
			page.Next = page.To("/audit", filters)
			break
		}
		known = filter.Patient
		page.Records = append(page.Records, v.auditRecord(record.Seq, e))
	}
	page.Count = v.l.T("audit.count", len(page.Records))

	e := s.event(r, audit.AuditShown, audit.Done)
	e.Patient, e.Details.Rows = known, len(page.Records)
	e.Private.Terms = auditFilters(asked).Encode()
	if err := s.record(r.Context(), e); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.AuditPage(page))
}

// auditFilters is what narrows the trail, as it stands in the address.
func auditFilters(asked url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"patient", "user", "action", "from", "to"} {
		if value := strings.TrimSpace(asked.Get(name)); value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// auditFilter reads what is asked for; wrong says in words what can't be read, by
// field. Days are those of the shown zone, the last one included.
func (v *view) auditFilter(asked url.Values) (f audit.Filter, wrong map[string]string) {
	filters := auditFilters(asked)
	wrong = map[string]string{}
	f = audit.Filter{
		Patient: filters.Get("patient"), User: filters.Get("user"), Action: audit.Action(filters.Get("action")),
		Newest: true, Limit: auditRows + 1,
	}
	day := func(name string, days int) time.Time {
		text := filters.Get(name)
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, text, v.s.Zone)
		if err != nil {
			wrong[name] = v.l.T("invalid.date")
			return time.Time{}
		}
		return t.AddDate(0, 0, days)
	}
	f.From, f.To = day("from", 0), day("to", 1)
	if text := asked.Get("before"); text != "" {
		before, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			wrong["before"] = v.l.T("invalid.after")
		}
		f.Before = before
	}
	return f, wrong
}

func (v *view) auditForm(asked url.Values, wrong map[string]string) templates.AuditForm {
	form := templates.AuditForm{
		Patient: asked.Get("patient"), User: asked.Get("user"), From: asked.Get("from"), To: asked.Get("to"), Errors: wrong,
	}
	for _, action := range audit.Actions {
		form.Actions = append(form.Actions, templates.Category{
			Value: string(action), Label: v.l.T("audit.action." + string(action)), Selected: asked.Get("action") == string(action),
		})
	}
	return form
}

// auditRecord puts one record in words. Patients stay ids: who looks after the
// board's users needn't know their names.
func (v *view) auditRecord(seq uint64, e audit.Event) templates.AuditRecord {
	at := e.At.In(v.s.Zone)
	r := templates.AuditRecord{
		Seq: strconv.FormatUint(seq, 10), At: e.At.Format(time.RFC3339Nano), Moment: at.Format(time.DateOnly) + " " + v.l.Clock(at),
		Action: v.l.T("audit.action." + string(e.Action)), Outcome: v.l.T("audit.outcome." + string(e.Outcome)),
		Fine: e.Outcome == audit.Done || e.Outcome == audit.Begun || e.Outcome == audit.Withdrawn || e.Outcome == audit.Discarded,
		User: e.User, Patient: e.Patient, Object: strings.TrimSpace(v.auditKind(e.Object.Kind) + " " + e.Object.ID),
		Basis: v.auditBasis(e.Basis), Access: e.AccessPoint, RequestRef: e.RequestID,
	}
	switch e.User {
	case audit.System, audit.Operator:
		r.Who, r.User = v.l.T("audit.by."+e.User), ""
	case "":
		r.Who = v.l.T("audit.by.nobody")
	default:
		r.Who = v.hcpName(triage.HCPID(e.User))
	}
	if e.Role != "" {
		r.Role = roleWord(v.l, triage.Role(e.Role))
	}
	if n := len(e.Details.Patients); n > 0 {
		r.More = v.l.T("audit.patients", n)
	}
	r.Detail = v.auditDetail(e)
	return r
}

func (v *view) auditDetail(e audit.Event) string {
	var parts []string
	word := func(status string) string { return components.StatusMark(v.l, triage.Status(status)).Word }
	d := e.Details
	switch {
	case d.Was != "":
		parts = append(parts, word(d.Was)+" → "+word(d.Is))
	case d.View != "" && d.Total == 0 && d.Rows > 0: // a stream tells rows, not lists
		parts = append(parts, word(d.View), v.l.T("audit.rows_live", d.Rows))
	case d.View != "":
		parts = append(parts, word(d.View), v.l.T("audit.rows_of", d.Rows, d.Total))
	case d.Rows > 0:
		parts = append(parts, v.l.T("audit.rows", d.Rows))
	}
	if d.Undo {
		parts = append(parts, v.l.T("audit.undo"))
	}
	if d.ReopenedSoon {
		parts = append(parts, v.l.T("audit.reopened_soon"))
	}
	if d.Reason != "" {
		parts = append(parts, v.l.T("audit.reason", d.Reason))
	}
	return strings.Join(parts, " · ")
}

func (v *view) auditKind(kind string) string {
	if kind == "" {
		return ""
	}
	return v.l.T("audit.kind." + kind)
}

// auditBasis says why something was allowed.
func (v *view) auditBasis(b audit.Basis) string {
	if b.Rule == "" {
		return ""
	}
	text := v.l.T("audit.rule." + string(b.Rule))
	if len(b.Groups) == 0 {
		return text
	}
	var names []string
	for _, g := range b.Groups {
		names = append(names, v.groupName(triage.GroupID(g)))
	}
	return text + ": " + strings.Join(names, ", ")
}
