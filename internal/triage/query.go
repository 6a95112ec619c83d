package triage

import (
	"net/url"
	"slices"
	"time"
)

// Query is what a viewer wants to see of the board: one view, narrowed by
// filters. Values within one filter widen it, excluded ones and filters narrow
// each other. It can be written as text (ParseText), and in part as an address
// (ParseQuery).
type Query struct {
	Status   Status // the view: open, escalated or processed
	Flags    []Flag
	Types    []Type
	Groups   []GroupID
	Programs []ProgramID

	NotFlags    []Flag
	NotTypes    []Type
	NotGroups   []GroupID
	NotPrograms []ProgramID

	WaitingOver  time.Duration // longer than this since the alert came; zero: however long
	WaitingUnder time.Duration // shorter than this; zero: however long

	Terms    []string // each of them is in the patient's name or number, or in a note
	NotTerms []string

	ByPatient bool // alerts of one patient stand together

	Search *Search // what it was made of; nil: it stands in its address as a whole
}

// SearchID names a kept search. It says nothing of what is searched for.
type SearchID string

// Search is a query kept for one user, for what an address must not hold, and a
// link can't repeat.
type Search struct {
	ID    SearchID
	Query Query
}

// unknownValue stands in a filter for every value the reference page doesn't name.
const unknownValue = "unknown"

// The bounds of one filter: every choice's link repeats what is set.
const (
	maxFilterValues = 50
	maxFilterLength = 200 // bytes of one value
)

// byPatient is the one way to group a list.
const byPatient = "patient"

// ParseQuery reads the board's query string: what it says in place of what base
// says, a filter's exclusions among it. An empty value clears a filter, an empty
// status is base's. Refused are a status that isn't a view, a grouping there isn't,
// and a filter of more values, or longer ones, than anybody would set; then the
// answer is base's view alone. A flag or type is matched as it came, since Luscii
// may send values nobody has named yet.
func ParseQuery(v url.Values, base Query) (Query, error) {
	q := base
	view := Query{Status: base.Status}
	if s := v.Get("status"); s != "" {
		if q.Status = Status(s); !q.Status.Known() {
			return view, &InvalidError{Field: "status", Reason: "invalid.status"}
		}
		view.Status = q.Status
	}
	for _, name := range []string{"flag", "type", "group", "program"} {
		if len(v[name]) > maxFilterValues || slices.ContainsFunc(v[name], func(s string) bool { return len(s) > maxFilterLength }) {
			return view, &InvalidError{Field: name, Reason: "invalid.filter"}
		}
	}
	read(v, "flag", &q.Flags, &q.NotFlags)
	read(v, "type", &q.Types, &q.NotTypes)
	read(v, "group", &q.Groups, &q.NotGroups)
	read(v, "program", &q.Programs, &q.NotPrograms)
	if v.Has("by") {
		by := v.Get("by")
		if by != "" && by != byPatient {
			return view, &InvalidError{Field: "by", Reason: "invalid.by"}
		}
		q.ByPatient = by != ""
	}
	return q, nil
}

// read takes a filter from a query string that has it.
func read[T ~string](v url.Values, name string, only, not *[]T) {
	if v.Has(name) {
		*only, *not = convert[T](v[name]), nil
	}
}

func convert[T ~string](values []string) []T {
	var out []T
	for _, v := range values {
		if v != "" && !slices.Contains(out, T(v)) {
			out = append(out, T(v))
		}
	}
	return out
}

// Values is the query string that ParseQuery reads back. Of a kept search it
// names the id, and what differs from it; without one it says the view and the
// filters, and nothing of what an address doesn't hold.
func (q Query) Values() url.Values {
	v, base := url.Values{}, Query{}
	if q.Search != nil {
		base = q.Search.Query
		v.Set("s", string(q.Search.ID))
	}
	if q.Status != base.Status {
		v.Set("status", string(q.Status))
	}
	say(v, "flag", q.Flags, base.Flags, slices.Equal(q.NotFlags, base.NotFlags))
	say(v, "type", q.Types, base.Types, slices.Equal(q.NotTypes, base.NotTypes))
	say(v, "group", q.Groups, base.Groups, slices.Equal(q.NotGroups, base.NotGroups))
	say(v, "program", q.Programs, base.Programs, slices.Equal(q.NotPrograms, base.NotPrograms))
	if q.ByPatient != base.ByPatient {
		v.Set("by", "")
		if q.ByPatient {
			v.Set("by", byPatient)
		}
	}
	return v
}

// say puts a filter into a query string where it differs from the base's.
func say[T ~string](v url.Values, name string, values, base []T, sameExcluded bool) {
	if sameExcluded && slices.Equal(values, base) {
		return
	}
	if len(values) == 0 && (len(base) > 0 || v.Has("s")) {
		v.Set(name, "")
	}
	for _, value := range values {
		v.Add(name, string(value))
	}
}

// Filtered reports whether anything but the view narrows what is shown.
func (q Query) Filtered() bool {
	return len(q.Flags)+len(q.Types)+len(q.Groups)+len(q.Programs)+
		len(q.NotFlags)+len(q.NotTypes)+len(q.NotGroups)+len(q.NotPrograms)+len(q.Terms)+len(q.NotTerms) > 0 || q.Timed()
}

// Timed reports whether what the query finds changes with time alone.
func (q Query) Timed() bool { return q.WaitingOver > 0 || q.WaitingUnder > 0 }

// Worded reports whether what the query finds depends on names and notes.
func (q Query) Worded() bool { return len(q.Terms)+len(q.NotTerms) > 0 }

// Counts is how many alerts of each flag wait for a viewer, in the whole of
// their scope, whatever filter is set (R5).
type Counts struct {
	Red, Orange, Gray, Unknown int
}

// Total is all of them.
func (c Counts) Total() int { return c.Red + c.Orange + c.Gray + c.Unknown }

// add counts n alerts of a flag.
func (c *Counts) add(f Flag, n int) {
	switch f {
	case FlagRed:
		c.Red += n
	case FlagOrange:
		c.Orange += n
	case FlagGray:
		c.Gray += n
	default:
		c.Unknown += n
	}
}
