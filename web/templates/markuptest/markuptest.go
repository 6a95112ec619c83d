// Package markuptest holds the rules that every page and fragment keeps,
// whatever it shows, for the tests of whoever renders one.
package markuptest

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Parse reads a page, or a fragment of one, as a browser without scripts does.
// A page begins with its doctype.
func Parse(t testing.TB, body string) *goquery.Document {
	t.Helper()
	// With scripting on, what stands in <noscript> would be text.
	scriptless := html.ParseOptionEnableScripting(false)
	if isPage(body) {
		root, err := html.ParseWithOptions(strings.NewReader(body), scriptless)
		require.NoError(t, err)
		return goquery.NewDocumentFromNode(root)
	}
	in := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(body), in, scriptless)
	require.NoError(t, err)
	for _, n := range nodes {
		in.AppendChild(n)
	}
	return goquery.NewDocumentFromNode(in)
}

func isPage(body string) bool { return strings.HasPrefix(strings.ToLower(body), "<!doctype html>") }

// Check reports every rule the markup breaks, and answers it parsed.
func Check(t testing.TB, body string) *goquery.Document {
	t.Helper()
	doc := Parse(t, body)
	checkNesting(t, doc, body)
	checkNothingInline(t, doc)
	checkIDs(t, doc, isPage(body))
	checkNames(t, doc)
	if isPage(body) {
		assert.True(t, strings.HasSuffix(strings.TrimSpace(body), "</html>"), "something stands behind the page")
		lang, _ := doc.Find("html").Attr("lang")
		assert.Contains(t, []string{"nl", "en"}, lang, "the page's language")
		assert.NotEmpty(t, strings.TrimSpace(doc.Find("title").Text()), "the page's title")
		assert.Equal(t, 1, doc.Find("h1").Length(), "a page has one h1")
		assert.Equal(t, 1, doc.Find("main").Length(), "a page has one main part")
	}
	return doc
}

// checkNesting compares the tags as written with the tree a browser makes of
// them: where it would repair something, the two differ.
func checkNesting(t testing.TB, doc *goquery.Document, body string) {
	t.Helper()
	var written, open []string
	z := html.NewTokenizer(strings.NewReader(body))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		switch kind {
		case html.StartTagToken:
			written = append(written, token.Data)
			if !void[token.DataAtom] {
				open = append(open, token.Data)
			}
			if token.DataAtom == atom.Noscript {
				z.NextIsNotRawText()
			}
		case html.SelfClosingTagToken:
			written = append(written, token.Data)
		case html.EndTagToken:
			if assert.NotEmpty(t, open, "</%s> closes nothing", token.Data) {
				assert.Equal(t, open[len(open)-1], token.Data, "a tag is closed out of turn")
				open = open[:len(open)-1]
			}
		}
	}
	assert.Empty(t, open, "tags that are never closed")

	var read []string
	doc.Find("*").Each(func(_ int, s *goquery.Selection) { read = append(read, goquery.NodeName(s)) })
	assert.Equal(t, written, read, "a browser would read another tree than the one written")
}

var void = map[atom.Atom]bool{
	atom.Meta: true, atom.Link: true, atom.Input: true, atom.Br: true, atom.Hr: true, atom.Img: true,
}

// checkNothingInline holds what the content security policy would block (R24).
func checkNothingInline(t testing.TB, doc *goquery.Document) {
	t.Helper()
	assert.Zero(t, doc.Find("style").Length(), "a style element")
	assert.Zero(t, doc.Find("script:not([src])").Length(), "a script without src")
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			name, value := strings.ToLower(a.Key), strings.ToLower(strings.TrimSpace(a.Val))
			assert.NotEqual(t, "style", name, "an inline style on %s", goquery.NodeName(s))
			assert.False(t, strings.HasPrefix(name, "on"), "%s on %s", name, goquery.NodeName(s))
			assert.False(t, strings.HasPrefix(name, "hx-on"), "%s on %s", name, goquery.NodeName(s))
			assert.False(t, strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "js:"), "%s=%q", name, value)
		}
	})
}

// checkIDs holds that ids are unique and that what refers to one finds it. The
// shapes and targets a fragment refers to stand on the page it goes to.
func checkIDs(t testing.TB, doc *goquery.Document, page bool) {
	t.Helper()
	ids := map[string]int{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
	for id, n := range ids {
		assert.NotEmpty(t, id, "an empty id")
		assert.Equal(t, 1, n, "id %q stands %d times", id, n)
	}
	refer := func(selector, attribute string) {
		doc.Find(selector).Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr(attribute, "")) {
				assert.Contains(t, ids, strings.TrimPrefix(id, "#"), "%s of %s refers to nothing", attribute, goquery.NodeName(s))
			}
		})
	}
	for _, attribute := range []string{"for", "aria-labelledby", "aria-describedby", "popovertarget", "commandfor"} {
		refer("["+attribute+"]", attribute)
	}
	if page {
		refer("use", "href")
		refer(`[hx-target]:not([hx-target="this"], [hx-target^="closest "])`, "hx-target")
	}
}

// checkNames holds that everything one can operate has a name a screen reader
// can say.
func checkNames(t testing.TB, doc *goquery.Document) {
	t.Helper()
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		label := doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool { return id != "" && l.AttrOr("for", "") == id })
		around := s.Closest("label")
		named := strings.TrimSpace(label.Text()+around.Text()+s.AttrOr("aria-label", "")+s.AttrOr("aria-labelledby", "")) != ""
		assert.True(t, named, "the %s named %q has no label", goquery.NodeName(s), s.AttrOr("name", ""))
	})
	doc.Find("button:not([disabled]), a, summary, option, dialog, [role=dialog], nav, main section").Each(func(_ int, s *goquery.Selection) {
		named := strings.TrimSpace(s.Text()+s.AttrOr("aria-label", "")+s.AttrOr("aria-labelledby", "")) != ""
		assert.True(t, named, "a %s has no name", goquery.NodeName(s))
	})
	doc.Find("a").Each(func(_ int, s *goquery.Selection) {
		assert.NotEmpty(t, s.AttrOr("href", ""), "the link %q leads nowhere", s.Text())
	})
}
