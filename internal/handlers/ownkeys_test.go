package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// keymap is the keys a page binds.
func keymap(t *testing.T, a answer) map[string]string {
	t.Helper()
	keys := map[string]string{}
	require.NoError(t, json.Unmarshal([]byte(a.attr("body", "data-keys")), &keys))
	return keys
}

// R29: a key that was changed is so wherever a key is shown.
func TestKeysShowEverywhere(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	check := func(process, caps, aria string) {
		t.Helper()
		page := b.get("/alerts/a-1")
		if process != "" {
			assert.Equal(t, "process", keymap(t, page)[process])
		}
		button := `#act button[value="processed"]`
		assert.Equal(t, aria, page.find(button).AttrOr("aria-keyshortcuts", ""))
		if aria != "" {
			assert.Equal(t, strings.Replace(caps, "Shift+", "⇧", 1), page.text(button+" kbd"))
		} else {
			assert.False(t, page.has(button+" kbd"))
		}
		inFoot := strings.TrimSpace(caps + " " + h.say("command.process"))
		if caps == "" {
			assert.NotContains(t, page.text(".hints .at-alert"), h.say("command.process"))
		} else {
			assert.Contains(t, page.text(".hints .at-alert"), inFoot)
		}
		for _, help := range []answer{b.get("/help/keys"), b.get("/commands", htmx...)} {
			assert.Equal(t, caps, keysBeside(help, ".topic dl > div", "dt", h.say("command.process")), help.path)
		}
		assert.Equal(t, caps, keysBeside(b.get("/commands", htmx...), "#palette li", ".word", h.say("command.process")))
	}
	check("e", "e", "e")

	form := shownForm(b.get("/settings/keys"), keysForm)
	assert.Equal(t, "e", form.Get("key-process"))
	form.Set("key-process", " P ")
	kept := b.post("/settings/keys", form)
	assert.Equal(t, http.StatusSeeOther, kept.status)
	assert.Equal(t, "/settings/keys", kept.location())
	assert.Equal(t, h.say("settings.saved"), b.get("/settings/keys").text("main .notice strong"))
	check("P", "Shift+P", "Shift+P")
	assert.NotContains(t, keymap(t, b.get("/")), "e")
	assert.Equal(t, "process", keymap(t, h.as(primary).get("/"))["P"], "after the next sign-in")
	assert.Equal(t, "process", keymap(t, h.as(admin).get("/"))["e"], "nobody else's")

	b.post("/settings/keys", url.Values{"key-process": {"g  x"}})
	check("g x", "g x", "")
	b.post("/settings/keys", url.Values{"key-process": {""}})
	check("", "", "")

	assert.Equal(t, http.StatusSeeOther, b.post("/settings/keys", url.Values{"usual": {"1"}, "key-process": {"q"}}).status)
	check("e", "e", "e")
}

// keysBeside is the keys that stand beside some words, of the rows a selector finds.
func keysBeside(a answer, rows, words, text string) string {
	row := a.all(rows).FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.TrimSpace(s.Find(words).Text()) == text })
	caps := row.First().Find("kbd").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	return strings.Join(caps, " ")
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	for name, tc := range map[string]struct{ command, typed, why string }{
		"another's":      {"process", "j", h.say("keys.taken", h.say("command.next"), "j")},
		"one of a pair":  {"process", "g", h.say("keys.taken", h.say("command.go-escalated"), "g e")},
		"behind another": {"process", "j x", h.say("keys.taken", h.say("command.next"), "j")},
		"a capital's":    {"process", "E", h.say("keys.taken", h.say("command.escalate"), "Shift+E")},
		"a word":         {"process", "enter", h.say("keys.not_a_key")},
		"three":          {"process", "a b c", h.say("keys.not_a_key")},
		"with Ctrl":      {"process", "Ctrl+k", h.say("keys.not_a_key")},
		"much":           {"process", strings.Repeat("<b>", 1000), h.say("keys.not_a_key")},
	} {
		t.Run(name, func(t *testing.T) {
			form := shownForm(b.get("/settings/keys"), keysForm)
			form.Set("key-"+tc.command, tc.typed)
			form.Set("key-undo", "q") // which could be
			a := b.post("/settings/keys", form)
			assert.Equal(t, http.StatusUnprocessableEntity, a.status)
			assert.Equal(t, tc.why, a.text(`[id="key-`+tc.command+`-error"]`))
			assert.Equal(t, "true", a.attr(`[name="key-`+tc.command+`"]`, "aria-invalid"))
			assert.Equal(t, 1, a.all("[aria-invalid]").Length())
			again := shownForm(a, keysForm)
			assert.Equal(t, form, again, "nothing typed is lost")
			assert.Equal(t, "undo", keymap(t, b.get("/"))["z"], "all or none")

			again.Set("key-"+tc.command, "p")
			assert.Equal(t, http.StatusSeeOther, b.post("/settings/keys", again).status, "put right, all is kept")
			keys := keymap(t, b.get("/"))
			assert.Equal(t, []string{"process", "undo"}, []string{keys["p"], keys["q"]})
			b.post("/settings/keys", url.Values{"usual": {"1"}})
		})
	}
	both := b.post("/settings/keys", url.Values{"key-process": {"q"}, "key-note": {"q"}})
	assert.Contains(t, both.text("[id=key-note-error]"), h.say("command.process"), "the other one by its new key")
	assert.Contains(t, both.text("[id=key-note-error]"), "(q)")
	swap := b.post("/settings/keys", url.Values{"key-next": {"k"}, "key-previous": {"j"}})
	assert.Equal(t, http.StatusSeeOther, swap.status, "two may swap")
}

// R29: every command stands on the page, with what it always has.
func TestEveryCommandCanBeChanged(t *testing.T) {
	page := newHouse(t).as(primary)
	keys, help := page.get("/settings/keys"), page.get("/help/keys")
	for _, c := range desk.Commands {
		assert.True(t, keys.has(`input[name="key-`+c.ID+`"]`), c.ID)
	}
	assert.Equal(t, len(desk.Commands), keys.all(".key-field").Length())
	assert.Equal(t, len(desk.Commands), help.all(".topic dt").Length())
	assert.Equal(t, "Ctrl+K", keysBeside(keys, "tbody tr", "label", "All commands"))
	assert.Equal(t, "j ↓", keysBeside(help, ".topic dl > div", "dt", "Next alert"))
	assert.Contains(t, help.text(".topics"), "no key", "pause has none")
}
