package handlers

import (
	"slices"
	"sync"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// maxSeen bounds how many categories met in a group's histories are remembered;
// ours.
const maxSeen = 20

// seenCategories are values met in histories that nobody configured: they are
// offered, too, within the group they were met in. They may be free text, which
// is nobody else's to read.
type seenCategories struct {
	mu     sync.Mutex
	values map[triage.GroupID][]string
}

// add remembers a value; of too many, the one met first goes.
func (c *seenCategories) add(group triage.GroupID, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value == "" || slices.Contains(c.values[group], value) {
		return
	}
	if c.values == nil {
		c.values = map[triage.GroupID][]string{}
	}
	c.values[group] = append(c.values[group], value)
	if met := c.values[group]; len(met) > maxSeen {
		c.values[group] = slices.Delete(met, 0, len(met)-maxSeen)
	}
}

func (c *seenCategories) list(group triage.GroupID) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.values[group]))
}

// categoryLabel is a category in words; one nobody configured as it stands.
func (s *Server) categoryLabel(l *i18n.Locale, value string) string {
	for _, c := range s.Categories {
		if c.Value == value {
			return c.Labels[l.Lang]
		}
	}
	return value
}

// categories are the choices of a form for an alert of the group, configured ones
// first. The second
// result is the chosen value if it is none of them.
func (s *Server) categories(l *i18n.Locale, group triage.GroupID, chosen string) (offered []templates.Category, other string) {
	other = chosen
	offer := func(value, label string) {
		offered = append(offered, templates.Category{Value: value, Label: label, Selected: value == chosen})
		if value == chosen {
			other = ""
		}
	}
	for _, c := range s.Categories {
		offer(c.Value, c.Labels[l.Lang])
	}
	for _, value := range s.seen.list(group) {
		if !slices.ContainsFunc(s.Categories, func(c Category) bool { return c.Value == value }) {
			offer(value, value)
		}
	}
	return offered, other
}
