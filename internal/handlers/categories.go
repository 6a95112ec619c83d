package handlers

import (
	"slices"
	"sync"

	"triageboard/internal/i18n"
	"triageboard/web/templates"
)

// maxSeen bounds how many categories met in histories are remembered; ours.
const maxSeen = 50

// seenCategories are values met in histories that nobody configured: they are
// offered, too.
type seenCategories struct {
	mu     sync.Mutex
	values []string
}

func (c *seenCategories) add(value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value != "" && len(c.values) < maxSeen && !slices.Contains(c.values, value) {
		c.values = append(c.values, value)
	}
}

func (c *seenCategories) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(slices.Values(c.values))
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

// categories are the choices of a form, configured ones first. The second
// result is the chosen value if it is none of them.
func (s *Server) categories(l *i18n.Locale, chosen string) (offered []templates.Category, other string) {
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
	for _, value := range s.seen.list() {
		if !slices.ContainsFunc(s.Categories, func(c Category) bool { return c.Value == value }) {
			offer(value, value)
		}
	}
	return offered, other
}
