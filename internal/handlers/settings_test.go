package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// shownForm is what a browser would send of a page's form as it came.
func shownForm(a answer, selector string) url.Values {
	form := url.Values{}
	a.find(selector).Find("input").Each(func(_ int, s *goquery.Selection) {
		if _, chosen := s.Attr("checked"); chosen || s.AttrOr("type", "") != "radio" {
			form.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	return form
}

const settingsForm, keysForm = "form.settings", "form.own-keys"

func (b *browser) settle(form url.Values) {
	b.t.Helper()
	a := b.post("/settings", form)
	require.Equal(b.t, http.StatusSeeOther, a.status, a.body)
}

func TestSettingsShowEverywhere(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-up", triage.FlagRed, escalated))
	b := h.as(primary)
	page := b.get("/")
	for _, attribute := range []string{"data-theme", "data-density"} {
		assert.False(t, page.has("html["+attribute+"]"), "as the system has it")
	}
	assert.Equal(t, "light dark", page.attr(`meta[name="color-scheme"]`, "content"))
	assert.True(t, page.has("body[data-advance]"), "R35")
	assert.False(t, page.has("body[data-sound], #sound-blocked"), "R4: opt-in")
	assert.Equal(t, "/settings", page.attr(`.session a[href="/settings"]`, "href"))

	form := shownForm(b.get("/settings"), settingsForm)
	assert.Equal(t, "on", form.Get("advance"))
	for name, value := range map[string]string{"language": "nl", "theme": "dark", "density": "compact", "view": "escalated", "advance": "off", "sound": "on"} {
		assert.True(t, form.Has(name), name)
		form.Set(name, value)
	}
	kept := b.post("/settings", form)
	assert.Equal(t, http.StatusSeeOther, kept.status)
	assert.Equal(t, "/settings", kept.location())
	page = b.get("/settings")
	nl := h.words.Match("nl", "")
	assert.Equal(t, nl.T("settings.saved"), page.text("main .notice strong"))
	assert.False(t, b.get("/settings").has("main .notice"), "said once")
	form = shownForm(page, settingsForm)
	for _, name := range []string{"language", "theme", "density", "view", "advance", "sound"} {
		assert.Equal(t, form.Get("was-"+name), form.Get(name))
		assert.NotEmpty(t, form.Get(name))
	}

	for name, b := range map[string]*browser{"at once": b, "at the next sign-in": h.as(primary)} {
		for _, path := range []string{"/", "/alerts/a-1", "/actions", "/settings", "/settings/keys", "/help/keys", "/nothing"} {
			page := b.get(path)
			assert.Equal(t, "nl", page.attr("html", "lang"), "%s, %s", name, path)
			assert.Equal(t, "dark", page.attr("html", "data-theme"), path)
			assert.Equal(t, "dark", page.attr(`meta[name="color-scheme"]`, "content"), path)
			assert.Equal(t, "compact", page.attr("html", "data-density"), path)
			assert.False(t, page.has("body[data-advance]"), path)
			assert.True(t, page.has("body[data-sound]"), path)
		}
		assert.True(t, b.get("/").has("#sound-blocked[hidden]"))
		assert.True(t, b.get("/").has("#a-a-up"), "the default view")
		assert.False(t, b.get("/").has("#a-a-1"))
		assert.True(t, b.get("/?status=open").has("#a-a-1"), "an address that names its view has it")
	}
	other := h.as(admin).get("/")
	assert.False(t, other.has("html[data-theme]"), "nobody else's")
	assert.True(t, other.has("#a-a-1"))
	assert.False(t, h.stranger().get("/signin").has("html[data-theme], #dialogs"))
}

func TestSettingsOneByOne(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	a := b.post("/settings", url.Values{"theme": {"dark"}, "back": {"/actions?after=x"}})
	assert.Equal(t, http.StatusSeeOther, a.status)
	assert.Equal(t, "/actions?after=x", a.location(), "back to where the switch was")
	assert.Equal(t, "/", b.post("/settings", url.Values{"theme": {"dark"}, "back": {"//evil.test"}}).location())
	assert.False(t, b.get("/settings").has("main .notice"))
	b.settle(url.Values{"density": {"compact"}})
	page := b.get("/")
	assert.Equal(t, "dark", page.attr("html", "data-theme"))
	assert.Equal(t, "compact", page.attr("html", "data-density"))
	b.settle(url.Values{"theme": {""}})
	assert.False(t, b.get("/").has("html[data-theme]"))
}

// A tab that shows old settings doesn't bring them back.
func TestSettingsOfTwoTabs(t *testing.T) {
	h := newHouse(t)
	one, two := h.as(primary), h.as(primary)
	first, second := shownForm(one.get("/settings"), settingsForm), shownForm(two.get("/settings"), settingsForm)
	first.Set("theme", "dark")
	second.Set("density", "compact")
	one.settle(first)
	two.settle(second)
	page := one.get("/")
	assert.Equal(t, "dark", page.attr("html", "data-theme"))
	assert.Equal(t, "compact", page.attr("html", "data-density"))

	first, second = shownForm(one.get("/settings/keys"), keysForm), shownForm(two.get("/settings/keys"), keysForm)
	first.Set("key-process", "p")
	second.Set("key-undo", "")
	assert.Equal(t, http.StatusSeeOther, one.post("/settings/keys", first).status)
	assert.Equal(t, http.StatusSeeOther, two.post("/settings/keys", second).status)
	keys := keymap(t, one.get("/"))
	assert.Equal(t, "process", keys["p"])
	assert.NotContains(t, keys, "z")
}

func TestSettingsThatCannotBe(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	for name, value := range map[string]string{"language": "tlh", "theme": "pink", "density": "loose", "view": "all", "advance": "maybe", "sound": "loud"} {
		form := shownForm(b.get("/settings"), settingsForm)
		form.Set(name, value)
		form.Set("theme", firstOther(name, form.Get("theme")))
		a := b.post("/settings", form)
		assert.Equal(t, http.StatusUnprocessableEntity, a.status, name)
		assert.Equal(t, h.say("invalid.setting"), a.text("#"+name+"-error"), name)
		assert.Contains(t, a.text("main .notice.error"), h.say("settings.wrong"))
		if name != "theme" {
			assert.Equal(t, "dark", shownForm(a, settingsForm).Get("theme"), "what else was chosen is still there")
		}
		assert.False(t, b.get("/").has("html[data-theme]"), "nothing was kept")
	}
	garbled := b.do(http.MethodPost, "/settings", "theme=%zz", "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, http.StatusUnprocessableEntity, garbled.status)
	garbled = b.do(http.MethodPost, "/settings/keys", "key-next=%zz", "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, http.StatusUnprocessableEntity, garbled.status)
}

// firstOther chooses the dark theme beside any other setting.
func firstOther(name, theme string) string {
	if name == "theme" {
		return theme
	}
	return "dark"
}

func TestTheSwitchOfLanguageIsASetting(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	b.post("/language", url.Values{"lang": {"nl"}, "back": {"/"}})
	again := h.as(primary)
	assert.Equal(t, "nl", again.get("/").attr("html", "lang"), "at the next sign-in, too")

	stranger := h.stranger()
	stranger.post("/language", url.Values{"lang": {"en"}, "back": {"/signin"}})
	assert.Equal(t, http.StatusSeeOther, stranger.post("/signin", url.Values{"persona": {string(primary.ID)}}).status)
	assert.Equal(t, "nl", stranger.get("/").attr("html", "lang"), "what was chosen goes before the sign-in page's")

	b.settle(url.Values{"language": {""}})
	assert.Equal(t, "en", b.get("/").attr("html", "lang"), "as the browser")
}

func TestPalette(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed, inGroup("g-heart"), func(a *triage.Alert) { a.Program = "pr-care" }))
	b := h.as(primary)
	plain := b.get("/commands")
	assert.Equal(t, http.StatusSeeOther, plain.status)
	assert.Equal(t, "/help/keys", plain.location(), "without a script there is a page")

	part := b.get("/commands", htmx...)
	words := part.all("#palette .word").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	for _, word := range []string{"Process", "Open", "Escalated", "Processed today", "COPD", "Thuismeten", "My actions", "Settings", "Your keys", "Colours: Dark", "Density: Compact", "Language: Nederlands", "Sign out"} {
		assert.Contains(t, words, word)
	}
	assert.NotContains(t, words, "Audit trail")
	assert.NotContains(t, words, "Hartfalen", "out of scope")
	assert.NotContains(t, words, "Zorgpad")
	assert.NotContains(t, words, "Colours: As the system", "that it is already")
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(words))), len(words), "nothing stands twice")
	for _, personal := range []string{"Saskia", "Berg", "7001234", "a-1"} {
		assert.NotContains(t, part.body, personal, "R25")
	}
	part.all("#palette li").Each(func(_ int, s *goquery.Selection) {
		n := 0
		for _, way := range []string{"data-run", "data-to", "data-post"} {
			if _, ok := s.Attr(way); ok {
				n++
			}
		}
		assert.Equal(t, 1, n, s.Text())
		if to, ok := s.Attr("data-to"); ok {
			assert.Equal(t, http.StatusOK, b.get(to).status, to)
		}
	})
	group := part.all("#palette li").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Find(".word").Text() == "COPD" })
	listed := b.get(group.AttrOr("data-to", ""))
	assert.True(t, listed.has("#a-a-1"))
	reader := h.as(viewer)
	assert.NotContains(t, reader.get("/commands", htmx...).text("#palette"), h.say("command.escalate"), "who only reads")
	assert.NotContains(t, reader.get("/").text(".hints"), h.say("command.escalate"))
	assert.Contains(t, reader.get("/help/keys").text(".topics"), h.say("command.escalate"), "the help has all")
	all := h.as(admin).get("/commands", htmx...).text("#palette")
	assert.Contains(t, all, "Audit trail")
	assert.Contains(t, all, "Hartfalen")
	assert.Empty(t, h.actions.calls)
}

func TestSettingsWithoutStorage(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.options.Settings = failingSettings{}
	b := h.rebuilt().as(primary)
	assert.True(t, b.get("/").has("#a-a-1"), "the board is shown none the less")
	assert.Contains(t, h.log.String(), "settings could not be read")
	assert.Equal(t, http.StatusInternalServerError, b.post("/settings", url.Values{"theme": {"dark"}}).status)
	assert.Equal(t, http.StatusInternalServerError, b.post("/settings/keys", url.Values{"key-process": {"p"}}).status)
	assert.Equal(t, http.StatusInternalServerError, b.post("/language", url.Values{"lang": {"nl"}}).status)
}

// failingSettings keeps nothing.
type failingSettings struct{}

func (failingSettings) Of(context.Context, triage.HCPID) (desk.Settings, error) {
	return desk.UsualSettings(), errBroken
}

func (failingSettings) Change(context.Context, triage.HCPID, func(*desk.Settings) error) error {
	return errBroken
}
