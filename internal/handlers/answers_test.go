package handlers_test

import (
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// find is the one element the selector names.
func (a answer) find(selector string) *goquery.Selection {
	a.t.Helper()
	found := a.all(selector)
	require.Equal(a.t, 1, found.Length(), "%s on %s", selector, a.path)
	return found
}

// all is every element the selector names.
func (a answer) all(selector string) *goquery.Selection {
	a.t.Helper()
	require.NotNil(a.t, a.doc, "%s: %d isn't HTML: %s", a.path, a.status, a.body)
	return a.doc.Find(selector)
}

func (a answer) has(selector string) bool {
	a.t.Helper()
	return a.all(selector).Length() > 0
}

// attr is an attribute of the one element the selector names; it must be there.
func (a answer) attr(selector, name string) string {
	a.t.Helper()
	value, ok := a.find(selector).Attr(name)
	require.True(a.t, ok, "%s has no %s", selector, name)
	return value
}

// text is the text of the one element the selector names, its space collapsed.
func (a answer) text(selector string) string {
	a.t.Helper()
	return words(a.find(selector))
}

// words is a selection's text, its space collapsed.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// rows are the ids of the list's rows, in order.
func (a answer) rows() []string {
	a.t.Helper()
	ids := []string{}
	a.all("#board .rows > [data-alert-id]").Each(func(_ int, s *goquery.Selection) {
		ids = append(ids, s.AttrOr("data-alert-id", ""))
	})
	return ids
}

// chip is the link of the filters with the given words.
func (a answer) chip(label string) *goquery.Selection {
	a.t.Helper()
	found := a.all(".chips a.chip").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return words(s.Find("span").First()) == label
	})
	require.Equal(a.t, 1, found.Length(), "the chip %q", label)
	return found
}

// location is where a redirect leads.
func (a answer) location() string {
	a.t.Helper()
	where := a.header.Get("Location")
	require.NotEmpty(a.t, where, "%s: %d: %s", a.path, a.status, a.body)
	return where
}

// checkHeaders holds what every answer carries, whatever it is (R24).
func checkHeaders(a answer) {
	a.t.Helper()
	policy := a.header.Get("Content-Security-Policy")
	for _, rule := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'",
		"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
		assert.Contains(a.t, policy, rule, a.path)
	}
	assert.NotContains(a.t, policy, "unsafe", a.path)
	assert.Equal(a.t, "nosniff", a.header.Get("X-Content-Type-Options"), a.path)
	assert.Contains(a.t, []string{"same-origin", "no-referrer"}, a.header.Get("Referrer-Policy"), a.path)
	assert.Equal(a.t, "same-origin", a.header.Get("Cross-Origin-Resource-Policy"), a.path)
	assert.NotEmpty(a.t, a.header.Get("X-Request-Id"), a.path)
	if !strings.HasPrefix(a.path, "/static/") {
		assert.Equal(a.t, "no-store", a.header.Get("Cache-Control"), a.path)
		assert.Equal(a.t, "same-origin", a.header.Get("Cross-Origin-Opener-Policy"), a.path)
		assert.NotEmpty(a.t, a.header.Get("Permissions-Policy"), a.path)
	}
}
