package triage

import (
	"net/url"
	"slices"
)

// Query is what a viewer wants to see of the board: one view, narrowed by
// filters. Values within one filter widen it, filters narrow each other.
type Query struct {
	Status   Status // the view: open, escalated or processed
	Flags    []Flag
	Types    []Type
	Groups   []GroupID
	Programs []ProgramID
}

// unknownValue stands in a filter for every value the reference page doesn't name.
const unknownValue = "unknown"

// The bounds of one filter: every choice's link repeats what is set.
const (
	maxFilterValues = 50
	maxFilterLength = 200 // bytes of one value
)

// ParseQuery reads the board's query string. An empty status means fallback;
// one that isn't a view is refused, and so is a filter of more values, or longer
// ones, than anybody would set. A flag or type is matched as it came, since
// Luscii may send values nobody has named yet.
func ParseQuery(v url.Values, fallback Status) (Query, error) {
	q := Query{Status: fallback}
	if s := v.Get("status"); s != "" {
		q.Status = Status(s)
		if !q.Status.Known() {
			return Query{Status: fallback}, &InvalidError{Field: "status", Reason: "invalid.status"}
		}
	}
	for _, name := range []string{"flag", "type", "group", "program"} {
		if len(v[name]) > maxFilterValues || slices.ContainsFunc(v[name], func(s string) bool { return len(s) > maxFilterLength }) {
			return Query{Status: q.Status}, &InvalidError{Field: name, Reason: "invalid.filter"}
		}
	}
	q.Flags = convert[Flag](v["flag"])
	q.Types = convert[Type](v["type"])
	q.Groups = convert[GroupID](v["group"])
	q.Programs = convert[ProgramID](v["program"])
	return q, nil
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

// Values is the query string that ParseQuery reads back, always with its view.
func (q Query) Values() url.Values {
	v := url.Values{"status": {string(q.Status)}}
	add(v, "flag", q.Flags)
	add(v, "type", q.Types)
	add(v, "group", q.Groups)
	add(v, "program", q.Programs)
	return v
}

func add[T ~string](v url.Values, name string, values []T) {
	for _, value := range values {
		v.Add(name, string(value))
	}
}

// Filtered reports whether anything but the view narrows what is shown.
func (q Query) Filtered() bool {
	return len(q.Flags)+len(q.Types)+len(q.Groups)+len(q.Programs) > 0
}

// Match reports whether the alert belongs to what the query asks for.
func (q Query) Match(a Alert) bool { return q.match(&a) }

// match is Match without the copying, for long lists.
func (q *Query) match(a *Alert) bool {
	return a.Status.View() == q.Status &&
		(len(q.Flags) == 0 || slices.Contains(q.Flags, a.Flag) || !a.Flag.Known() && slices.Contains(q.Flags, unknownValue)) &&
		(len(q.Types) == 0 || slices.Contains(q.Types, a.Type) || !a.Type.Known() && slices.Contains(q.Types, unknownValue)) &&
		(len(q.Groups) == 0 || slices.Contains(q.Groups, a.Group)) &&
		(len(q.Programs) == 0 || slices.Contains(q.Programs, a.Program))
}

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
