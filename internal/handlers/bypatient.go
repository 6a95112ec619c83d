package handlers

import (
	"net/http"
	"time"

	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// When grouping by patient is offered (R7).
const (
	manyAlerts = 10 // more than these
	manyWithin = 10 * time.Minute
)

// byPatient is the choice to group the list by patient, or not to.
func (v *view) byPatient(q triage.Query) templates.Choice {
	to := q
	to.ByPatient = !q.ByPatient
	return templates.Choice{Label: v.l.T("filters.by_patient"), Href: v.s.link("/", to.Values()), Active: q.ByPatient}
}

// offerByPatient offers to group a list into which much came of late (R7); nil: it
// didn't.
func (v *view) offerByPatient(list []*triage.Entry, q triage.Query) *templates.Offer {
	n, since := 0, v.now.Add(-manyWithin)
	for _, e := range list {
		if e.CreatedAt.After(since) {
			n++
		}
	}
	if n <= manyAlerts {
		return nil
	}
	return &templates.Offer{Text: v.l.T("list.many", n), Link: v.l.T("list.by_patient"), Href: v.byPatient(q).Href}
}

// begins reports whether a patient's heading stands before the alert at i of a list
// that is grouped: before their first one, and on a page of its own before any.
// Rows that are put behind others go on without one.
func (v *view) begins(r *http.Request, list []*triage.Entry, i int, firstOfPage bool) bool {
	return i == 0 || list[i-1].Patient != list[i].Patient || firstOfPage && r.Header.Get("HX-Target") != "li#more"
}

// patientHead is the heading of the patient whose alert stands at i of a grouped
// list.
func (v *view) patientHead(list []*triage.Entry, i int) components.PatientHead {
	id := list[i].Patient
	from, to := i, i
	for from > 0 && list[from-1].Patient == id {
		from--
	}
	for to < len(list) && list[to].Patient == id {
		to++
	}
	return components.PatientHead{ID: id, Who: v.identity(id), Count: v.l.T("list.alerts", to-from)}
}
