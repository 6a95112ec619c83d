// Package components holds the parts pages are built from: each is a function
// of its view model, and says everything in the words of the Locale it is given.
package components

import (
	"time"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
)

// PatientHead is the heading of one patient's alerts.
type PatientHead struct {
	ID    triage.PatientID
	Who   Identity
	Count string // how many alerts, in words
}

// Mark is a flag, type or status as it is shown: a word and a shape; the
// stylesheet gives the shape its colour (R2).
type Mark struct {
	Shape string // a shape of the sprite
	Word  string
}

// FlagMark shows a flag; an unknown one by its raw text.
func FlagMark(l *i18n.Locale, f triage.Flag) Mark {
	if !f.Known() {
		return Mark{"unknown", orUnknown(l, string(f))}
	}
	return Mark{string(f), l.T("flag." + string(f))}
}

// TypeMark shows a type; an unknown one by its raw text.
func TypeMark(l *i18n.Locale, t triage.Type) Mark {
	if !t.Known() {
		return Mark{"unknown", orUnknown(l, string(t))}
	}
	return Mark{string(t), l.T("type." + string(t))}
}

// StatusMark shows a status; an unknown one by its raw text.
func StatusMark(l *i18n.Locale, s triage.Status) Mark {
	if !s.Known() {
		return Mark{"unknown", orUnknown(l, string(s))}
	}
	return Mark{string(s), l.T("status." + string(s))}
}

func orUnknown(l *i18n.Locale, raw string) string {
	if raw == "" {
		return l.T("unknown")
	}
	return l.T("unknown.raw", raw)
}

// known is the attribute value of a flag, type or status in the markup: the
// value itself, or "unknown".
func known(value string, ok bool) string {
	if ok {
		return value
	}
	return "unknown"
}

// Identity is the three things by which a patient is told from every other;
// they stand together wherever a patient is shown (R8).
type Identity struct {
	Name     string // or the words for "not known yet", with the id
	Known    bool
	Born     string // date of birth with age
	Number   string // or the words for "not given"
	Numbered bool   // it is given
	Similar  string // the words that another's name is similar (R10); empty: none is
}

// Row is one alert in the list.
type Row struct {
	Alert    triage.Alert
	Href     string
	Who      Identity
	Flag     Mark
	Type     Mark
	Where    string // group · program
	At       time.Time
	Waits    bool          // Waiting counts on from At; the page advances it
	Waiting  string        // how long it has been waiting, or when it came
	Limit    time.Duration // how long it may wait
	Over     string        // that it waits longer than that; empty: it doesn't
	Note     string        // who closed it and when, or that it isn't confirmed; empty: nothing to add
	Warn     bool          // the note is a warning
	Tag      string        // tells this patient's rows from another's; empty: who they are does
	Delivery string        // what is on its way to Luscii, as the markup names it; empty: nothing
}

// Event is one entry of an alert's history.
type Event struct {
	At       time.Time
	Moment   string
	Action   string
	Category string
	By       string
	Source   string
	Note     string
}

// Notice is a message that stays until the next page or action.
type Notice struct {
	Kind    string // "error", "conflict", "info"
	Title   string
	Lines   []string
	Buttons []Button // what can be done about it
	Href    string   // where it leads; empty: nowhere
	Link    string
}

// Button does something about an action.
type Button struct {
	To     string // where it is posted
	Label  string
	Action string // the action's id
}

// Toast is a short message about something done.
type Toast struct {
	Alert string
	Text  string
	Who   Identity
	Undo  *Undo // nil: it can't be taken back
}

// Undo takes an action back.
type Undo struct {
	To, Action string
	Key        Key // that does it, too
}
