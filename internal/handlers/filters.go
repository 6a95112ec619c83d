package handlers

import (
	"slices"
	"strconv"
	"strings"

	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// viewsInOrder is the three views as they are offered.
var viewsInOrder = []triage.Status{triage.StatusOpen, triage.StatusEscalated, triage.StatusProcessed}

// views are the links between the three views, each with how many alerts it
// holds in the viewer's scope.
func (v *view) views(q triage.Query, t *triage.Tally) []templates.Choice {
	var out []templates.Choice
	for _, status := range viewsInOrder {
		to := q
		to.Status = status
		out = append(out, templates.Choice{
			Label: v.l.T("view." + string(status)), Shape: string(status), Count: strconv.Itoa(t.View(status)), ID: viewCountID(status),
			Href: v.s.link("/", to.Values()), Active: status == q.Status,
		})
	}
	return out
}

// viewCountID is the element that says how many alerts a view holds.
func viewCountID(status triage.Status) string { return "n-" + string(status) }

// menus are the filters, each offering what occurs in the view and what is set.
func (v *view) menus(q triage.Query, seen *sight) []templates.Menu {
	return []templates.Menu{
		menu(v, seen.flags, q, "filters.flag", q.Flags, q.NotFlags,
			func(f triage.Flag) components.Mark { return components.FlagMark(v.l, f) },
			func(q *triage.Query, values []triage.Flag) { q.Flags, q.NotFlags = values, nil }),
		menu(v, seen.types, q, "filters.type", q.Types, q.NotTypes,
			func(t triage.Type) components.Mark { return components.TypeMark(v.l, t) },
			func(q *triage.Query, values []triage.Type) { q.Types, q.NotTypes = values, nil }),
		menu(v, seen.groups, q, "filters.group", q.Groups, q.NotGroups,
			func(g triage.GroupID) components.Mark { return components.Mark{Word: v.groupName(g)} },
			func(q *triage.Query, values []triage.GroupID) { q.Groups, q.NotGroups = values, nil }),
		menu(v, seen.programs, q, "filters.program", q.Programs, q.NotPrograms,
			func(p triage.ProgramID) components.Mark { return components.Mark{Word: v.programName(p)} },
			func(q *triage.Query, values []triage.ProgramID) { q.Programs, q.NotPrograms = values, nil }),
	}
}

// menu builds one filter: counts says how often each value occurs, chosen are its
// set values, excluded those left out, show puts a value in words, set changes the
// query. A choice's address can't leave anything out: it says what is to be shown in
// place of both.
func menu[T ~string](v *view, counts map[T]int, q triage.Query, label string, chosen, excluded []T,
	show func(T) components.Mark, set func(*triage.Query, []T),
) templates.Menu {
	m := templates.Menu{Label: v.l.T(label), Active: len(chosen)+len(excluded) > 0}
	var words []string
	for _, value := range chosen {
		words = append(words, show(value).Word)
	}
	for _, value := range excluded {
		words = append(words, v.l.T("filters.not", show(value).Word))
	}
	switch {
	case len(words) == 1:
		m.Label += ": " + words[0]
	case m.Active:
		m.Label = v.l.T("filters.chosen", m.Label, words[0], len(words)-1)
	}
	for value, n := range occurring(counts, slices.Concat(chosen, excluded)) {
		to := q
		left := slices.Contains(excluded, value)
		if i := slices.Index(chosen, value); i >= 0 {
			set(&to, slices.Delete(slices.Clone(chosen), i, i+1))
		} else if left {
			set(&to, chosen)
		} else {
			set(&to, append(slices.Clone(chosen), value))
		}
		mark := show(value)
		if left {
			mark.Word = v.l.T("filters.not", mark.Word)
		}
		m.Choices = append(m.Choices, templates.Choice{
			Label: mark.Word, Shape: mark.Shape, Count: strconv.Itoa(n),
			Href: v.s.link("/", to.Values()), Active: left || slices.Contains(chosen, value),
		})
	}
	slices.SortFunc(m.Choices, func(a, b templates.Choice) int {
		if d := shapeOrder(a.Shape) - shapeOrder(b.Shape); d != 0 {
			return d
		}
		return strings.Compare(strings.ToLower(a.Label)+a.Href, strings.ToLower(b.Label)+b.Href)
	})
	return m
}

// waitingMenu is the filter by waiting time. An address doesn't hold it, so its
// choices are sent with what stands in the box.
func (v *view) waitingMenu(q triage.Query) templates.WaitingMenu {
	m := templates.WaitingMenu{Label: v.l.T("filters.waiting"), Active: q.Timed()}
	var set []string
	if q.WaitingOver > 0 {
		set = append(set, "> "+v.l.Span(q.WaitingOver))
	}
	if q.WaitingUnder > 0 {
		set = append(set, "< "+v.l.Span(q.WaitingUnder))
	}
	if m.Active {
		m.Label += ": " + strings.Join(set, ", ")
	}
	for _, d := range waitings {
		c := templates.WaitingChoice{Label: "> " + v.l.Span(d), Value: d.String(), Active: q.WaitingOver == d && q.WaitingUnder == 0}
		if c.Active {
			c.Value = "" // once more: however long
		}
		m.Choices = append(m.Choices, c)
	}
	if m.Active && !slices.ContainsFunc(m.Choices, func(c templates.WaitingChoice) bool { return c.Active }) {
		m.Choices = append(m.Choices, templates.WaitingChoice{Label: v.l.T("filters.waiting_any")})
	}
	return m
}

// shapeOrder keeps flags in R1's order; all else goes by its words.
func shapeOrder(shape string) int {
	return slices.Index([]string{"unknown", "red", "orange", "gray"}, shape)
}
