package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates/components"
)

// scribe puts things in words, in one language and at one moment.
type scribe struct {
	s   *Server
	l   *i18n.Locale
	now time.Time // in the shown zone
}

func (s *Server) scribe(l *i18n.Locale) scribe { return scribe{s, l, time.Now().In(s.Zone)} }

// row puts one entry in words for the list. Nothing in it depends on who looks.
func (v scribe) row(e triage.Entry) components.Row {
	r := components.Row{
		Alert: e.Alert, Href: v.s.base + alertPath(e.ID), Who: v.identity(e.Patient),
		Flag: components.FlagMark(v.l, e.Flag), Type: components.TypeMark(v.l, e.Type),
		At: e.CreatedAt, Waits: e.Status != triage.StatusProcessed && !e.CreatedAt.IsZero(),
		Limit: v.s.WaitingLimits.Of(e.Flag),
	}
	if !r.Who.Known || !r.Who.Numbered {
		r.Tag = patientTag(e.Patient)
	}
	r.Waiting = v.waited(r)
	if r.Waits {
		r.Over = v.over(r.At, r.Limit)
	}
	for _, name := range []string{v.groupName(e.Group), v.programName(e.Program)} {
		if name != "" {
			r.Where += " · " + name
		}
	}
	var notes []string // what is on its way tells more than where the alert stands
	if e.Missing {
		notes, r.Warn = append(notes, v.l.T("row.vanished", v.moment(e.ConfirmedAt))), true
	}
	switch {
	case e.Status == triage.StatusProcessed || e.Status == triage.StatusEscalated:
		notes = append(notes, v.actedBy(e.Alert))
	case !e.Status.Known():
		notes, r.Warn = append(notes, components.StatusMark(v.l, e.Status).Word), true
	}
	if r.Delivery = string(e.Delivery.State); r.Delivery != "" {
		notes = []string{v.deliveryWord(e.Delivery)}
		if r.Warn = e.Delivery.State != triage.DeliveryPending; !r.Warn { // whom not to get in the way of
			notes = append(notes, v.l.T("by", v.hcpName(e.Delivery.By)))
		}
	}
	r.Note = strings.Join(notes, " · ")
	return r
}

// patientTag tells a patient's rows from another's within a page, where name, date
// of birth and number may not.
func patientTag(id triage.PatientID) string {
	sum := sha256.Sum256([]byte("patient of a row " + id))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:6]
}

// waited is how long an alert has been waiting, or when it came once it waits no
// more.
func (v scribe) waited(r components.Row) string {
	if r.Waits {
		return v.waiting(r.At)
	}
	return v.moment(r.At)
}

// identity is the three things a patient is known by (R8); a name that isn't
// known yet is said to be so, with the id.
func (v scribe) identity(id triage.PatientID) components.Identity {
	p, ok := v.s.Names.Patient(id)
	if !ok {
		notYet := v.l.T("patient.not_known")
		return components.Identity{Name: v.l.T("patient.name_unknown", string(id)), Born: notYet, Number: notYet}
	}
	who := components.Identity{Name: p.Name(), Known: true, Born: v.l.BirthDate(p.BirthDate, v.now), Number: p.Number}
	if who.Name == "" {
		who.Name, who.Known = v.l.T("patient.name_unknown", string(id)), false
	}
	if who.Numbered = who.Number != ""; !who.Numbered {
		who.Number = v.l.T("patient.number_unknown")
	}
	if v.s.alike.like(id) > 0 {
		who.Similar = v.l.T("patient.similar")
	}
	return who
}

// actedBy says who brought an alert into its status and when, as far as Luscii
// tells: "Nora Bos · today 11:20".
func (v scribe) actedBy(a triage.Alert) string {
	by, at := a.ActedBy()
	if at.IsZero() {
		return components.StatusMark(v.l, a.Status).Word + " · " + v.who(by)
	}
	return components.StatusMark(v.l, a.Status).Word + " · " + v.l.T("row.by", v.who(by), v.moment(at))
}

// who names a professional; one Luscii doesn't name is not guessed.
func (v scribe) who(id triage.HCPID) string {
	if id == "" {
		return v.l.T("by.unknown")
	}
	return v.l.T("by", v.hcpName(id))
}

// hcpName is a professional's name, or the id where it isn't known yet.
func (v scribe) hcpName(id triage.HCPID) string {
	if h, ok := v.s.Names.HCP(id); ok && h.Name() != "" {
		return h.Name()
	}
	return v.l.T("by.id", string(id))
}

// groupName is a group's name, or its id where that isn't known yet.
func (v scribe) groupName(id triage.GroupID) string {
	if name := v.s.Names.GroupName(id); name != "" {
		return name
	}
	return string(id)
}

// programName is a program's name, or its id where that isn't known yet.
func (v scribe) programName(id triage.ProgramID) string {
	if name := v.s.Names.ProgramName(id); name != "" {
		return name
	}
	return string(id)
}

func (v scribe) moment(t time.Time) string {
	if t.IsZero() {
		return v.l.T("not_given")
	}
	return v.l.Moment(t.In(v.s.Zone), v.now)
}

// waiting is how long ago something was; a moment just ahead of our clock
// counts as now.
func (v scribe) waiting(since time.Time) string {
	if since.IsZero() {
		return v.l.T("not_given")
	}
	return v.l.Span(max(0, v.now.Sub(since)))
}

// over says that something has been waiting for longer than a limit; nothing where
// it hasn't, or there is none.
func (v scribe) over(since time.Time, limit time.Duration) string {
	if since.IsZero() || limit <= 0 || v.now.Sub(since) <= limit {
		return ""
	}
	return v.l.T("waiting.over", v.l.Span(limit))
}

// alertLink opens one alert beside the list it was in.
func (v scribe) alertLink(id triage.AlertID, q triage.Query) string {
	return v.s.link(alertPath(id), q.Values())
}

func alertPath(id triage.AlertID) string { return "/alerts/" + url.PathEscape(string(id)) }

// sexWord is the patient's sex in words, as it came where it isn't one of the
// documented ones.
func sexWord(l *i18n.Locale, sex string) string {
	switch sex {
	case "":
		return l.T("not_given")
	case "male", "female":
		return l.T("sex." + sex)
	}
	return sex
}

// roleWord is a role in words, as it came where nothing is known of it.
func roleWord(l *i18n.Locale, role triage.Role) string {
	if key := "role." + string(role); l.Has(key) {
		return l.T(key)
	}
	return string(role)
}
