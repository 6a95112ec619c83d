package handlers

import (
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// addDeliveries says above an alert how far the actions on it have come. Those of
// the viewer's own that ended otherwise than they should are answered, with what
// was typed with the newest, for the form to hold it again (R38, R45).
func (v *view) addDeliveries(d *templates.Detail, e triage.Entry, q triage.Query) (kept draft, unfinished []string) {
	for _, a := range v.s.Outbox.On(e.ID) {
		own := a.Actor == v.actor.ID
		d.Notices = append(d.Notices, v.deliveryNotice(a, e.Alert, own, q))
		if own && !a.State.InFlight() {
			kept = draft{category: a.Change.Category, note: a.Change.Note}
			unfinished = append(unfinished, string(a.ID))
		}
	}
	return kept, unfinished
}

// deliveryNotice says how far an action has come, and what its own clinician can
// do about it.
func (v scribe) deliveryNotice(a triage.Action, now triage.Alert, own bool, q triage.Query) components.Notice {
	delivery := a.Delivery()
	n := components.Notice{Kind: "error", Title: v.deliveryWord(delivery) + " · " + v.l.T("by", v.hcpName(a.Actor))}
	add := func(lines ...string) { n.Lines = append(n.Lines, lines...) }
	do := func(to, label string) {
		if own {
			n.Buttons = append(n.Buttons, components.Button{To: v.s.link(to, q.Values()), Label: v.l.T(label), Action: string(a.ID)})
		}
	}
	path := "/actions/" + string(a.ID)
	switch delivery.State {
	case triage.DeliveryPending:
		n.Kind = "info"
		if a.Reason != triage.ReasonNone {
			n.Kind = "conflict"
			add(v.l.T("reason."+string(a.Reason)) + " " + v.l.T("delivery.again", v.l.Clock(a.NextAt.In(v.s.Zone))))
		}
		if a.Undoable() {
			do("/undo", "action.undo")
		}
	case triage.DeliveryConflict:
		n.Kind = "conflict"
		add(v.whatHappened(now))
		do(path+"/settle", "action.settle")
	case triage.DeliveryUnknown:
		add(v.l.T("delivery.look"))
		do(path+"/settle", "action.settle_unknown")
	default:
		add(v.l.T("reason." + string(a.Reason)))
		do(path+"/retry", "action.retry")
		do(path+"/settle", "action.settle")
	}
	if own && (a.Change.Note != "" || a.Change.Category != "") {
		add(v.l.T("delivery.kept"))
	}
	return n
}

// deliveryWord is how far an action has come, in a few words: "Being processed".
func (v scribe) deliveryWord(d triage.Delivery) string {
	return v.l.T("delivery." + string(d.State) + "." + wordOf(d.Wanted, d.Note))
}
