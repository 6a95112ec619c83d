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
		menu(v, seen.flags, q, "filters.flag", q.Flags,
			func(f triage.Flag) components.Mark { return components.FlagMark(v.l, f) },
			func(q *triage.Query, values []triage.Flag) { q.Flags = values }),
		menu(v, seen.types, q, "filters.type", q.Types,
			func(t triage.Type) components.Mark { return components.TypeMark(v.l, t) },
			func(q *triage.Query, values []triage.Type) { q.Types = values }),
		menu(v, seen.groups, q, "filters.group", q.Groups,
			func(g triage.GroupID) components.Mark { return components.Mark{Word: v.groupName(g)} },
			func(q *triage.Query, values []triage.GroupID) { q.Groups = values }),
		menu(v, seen.programs, q, "filters.program", q.Programs,
			func(p triage.ProgramID) components.Mark { return components.Mark{Word: v.programName(p)} },
			func(q *triage.Query, values []triage.ProgramID) { q.Programs = values }),
	}
}

// menu builds one filter: counts says how often each value occurs, chosen are its
// set values, show puts a value in words, set changes the query.
func menu[T ~string](v *view, counts map[T]int, q triage.Query, label string, chosen []T,
	show func(T) components.Mark, set func(*triage.Query, []T),
) templates.Menu {
	m := templates.Menu{Label: v.l.T(label), Active: len(chosen) > 0}
	switch {
	case len(chosen) == 1:
		m.Label += ": " + show(chosen[0]).Word
	case m.Active:
		m.Label = v.l.T("filters.chosen", m.Label, show(chosen[0]).Word, len(chosen)-1)
	}
	for value, n := range occurring(counts, chosen) {
		to := q
		if i := slices.Index(chosen, value); i >= 0 {
			set(&to, slices.Delete(slices.Clone(chosen), i, i+1))
		} else {
			set(&to, append(slices.Clone(chosen), value))
		}
		mark := show(value)
		m.Choices = append(m.Choices, templates.Choice{
			Label: mark.Word, Shape: mark.Shape, Count: strconv.Itoa(n),
			Href: v.s.link("/", to.Values()), Active: slices.Contains(chosen, value),
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

// shapeOrder keeps flags in R1's order; all else goes by its words.
func shapeOrder(shape string) int {
	return slices.Index([]string{"unknown", "red", "orange", "gray"}, shape)
}
