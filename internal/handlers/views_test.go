package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// save gives a query a name, and answers the page it leads to.
func (b *browser) save(name, text string) answer {
	b.t.Helper()
	sent := b.post("/settings/views", url.Values{"name": {name}, "q": {text}})
	require.Equal(b.t, http.StatusSeeOther, sent.status, sent.body)
	return b.get(sent.location())
}

// keptViews are the chips of saved views, each with its key first.
func (a answer) keptViews() []string {
	a.t.Helper()
	return a.all("#filters a[aria-keyshortcuts]").Map(func(_ int, s *goquery.Selection) string { return words(s) })
}

func TestViews(t *testing.T) {
	h := findable(t)
	b := h.as(admin)
	assert.False(t, b.get("/").has("#view-name"), "nothing to keep")
	found := b.search("flag:red smit")
	assert.Equal(t, "flag:red smit", found.attr(`form[action="/settings/views"] [name=q]`, "value"))
	page := b.save(" Red  ones ", "flag:red smit")
	assert.Equal(t, []string{"red-rem"}, page.rows())
	assert.Equal(t, "flag:red smit", page.box())
	assert.Equal(t, []string{"4 Red ones"}, page.keptViews())
	chip := page.find(`#filters a[aria-keyshortcuts="4"]`)
	assert.Equal(t, "true", chip.AttrOr("aria-current", ""))
	assert.False(t, page.has("#view-name"), "it is kept already")
	narrowed := b.get(page.chip("Orange").AttrOr("href", ""))
	assert.Equal(t, "flag:red,orange smit", narrowed.box())
	assert.False(t, narrowed.has(`#filters a[aria-keyshortcuts][aria-current]`), "it is another now")
	assert.True(t, narrowed.has("#view-name"))
	assert.NotContains(t, strings.Join(addresses(page), " "), "smit")

	b.save("Per patiënt", "by:patient")
	assert.Equal(t, []string{"4 Red ones", "5 Per patiënt"}, b.get("/").keptViews())
	assert.Empty(t, h.as(primary).get("/").keptViews(), "they are one's own")
	assert.Equal(t, http.StatusNotFound, h.as(primary).get(chip.AttrOr("href", "")).status)

	settings := b.get("/settings/views")
	assert.Equal(t, []string{"flag:red smit", "by:patient"}, settings.all(".view-text").Map(func(_ int, s *goquery.Selection) string { return s.Text() }))
	first := settings.all(".view-item [name=id]").First().AttrOr("value", "")
	assert.Equal(t, "/?s="+first, chip.AttrOr("href", ""))
	changed := b.post("/settings/views", url.Values{"id": {first}, "name": {"Rood"}, "slot": {"5"}})
	assert.Equal(t, "/settings/views", changed.location())
	assert.Equal(t, []string{"4 Per patiënt", "5 Rood"}, b.get("/").keptViews(), "they change places")
	assert.Equal(t, http.StatusSeeOther, b.post("/settings/views", url.Values{"id": {first}, "name": {""}, "delete": {""}}).status)
	assert.Equal(t, []string{"4 Per patiënt"}, b.get("/").keptViews())
	assert.Equal(t, http.StatusNotFound, b.get("/?s="+first).status)
	assert.Equal(t, http.StatusNotFound, b.post("/settings/views", url.Values{"id": {first}, "delete": {""}}).status)
}

// Bad input, each with its words, and nothing typed is lost.
func TestViewsThatCanNotBeSaved(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	b.save("Mine", "flag:red")
	id := b.get("/settings/views").attr(".view-item [name=id]", "value")
	b.save("Other", "flag:gray")
	long := strings.Repeat("x", 61)
	for name, reason := range map[string]string{"": "invalid.view_name", "  ": "invalid.view_name", "OTHER": "invalid.view_double", long: "invalid.view_long"} {
		for _, form := range []url.Values{{"q": {"type:mea"}}, {"id": {id}, "slot": {"4"}}} {
			form.Set("name", name)
			page := b.post("/settings/views", form)
			assert.Equal(t, http.StatusUnprocessableEntity, page.status, name)
			assert.Equal(t, h.say(reason), page.text(".field-error"))
			assert.Equal(t, name, page.attr(".view-item [aria-invalid]", "value"))
			if form.Has("q") {
				assert.Equal(t, "type:mea", page.attr("[name=q]", "value"))
			}
		}
	}
	for _, slot := range []string{"", "3", "10", "x"} {
		page := b.post("/settings/views", url.Values{"id": {id}, "name": {"Mine"}, "slot": {slot}})
		assert.Equal(t, http.StatusUnprocessableEntity, page.status)
		assert.Equal(t, h.say("invalid.view_slot"), page.text(".field-error"))
	}
	page := b.post("/settings/views", url.Values{"name": {"Third"}, "q": {"flag:"}})
	assert.Equal(t, http.StatusUnprocessableEntity, page.status)
	assert.Equal(t, h.say("invalid.view_text"), page.text(".field-error"))
	for i := range 4 {
		b.save(fmt.Sprint("more ", i), "flag:red")
	}
	assert.Equal(t, h.say("invalid.views_full"), b.post("/settings/views", url.Values{"name": {"Seventh"}, "q": {"flag:red"}}).text(".field-error"))
	assert.Len(t, b.get("/").keptViews(), 6)
}
