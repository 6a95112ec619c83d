package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

func TestSignInAsPersona(t *testing.T) {
	h := newHouse(t)
	b := h.stranger()
	page := b.get("/signin")
	assert.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, h.say("sandbox.ribbon"), page.text(".ribbon"))
	assert.Equal(t, 4, page.all(`button[name="persona"]`).Length())
	anna := page.find(`button[value="h-primary"]`)
	for _, text := range []string{"Anna de Vries", h.say("role.HC_PRIMARY"), "HC_PRIMARY", "COPD"} {
		assert.Contains(t, words(anna), text)
	}
	assert.False(t, page.has(`input[name="key"]`))

	in := b.post("/signin", url.Values{"persona": {"h-primary"}})
	assert.Equal(t, http.StatusSeeOther, in.status)
	assert.Equal(t, "/", in.location())
	assert.Equal(t, "Anna de Vries", b.get("/").text(".user b"))
	again := b.get("/signin")
	assert.Equal(t, http.StatusSeeOther, again.status, "already signed in")
	assert.Equal(t, "/", again.location())

	wrong := h.stranger().post("/signin", url.Values{"persona": {"nobody"}})
	assert.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	assert.Contains(t, wrong.text(".notice"), h.say("signin.persona_unknown"))
	assert.Equal(t, "/signin", wrong.attr(`input[name="back"]`, "value"), "a switch of language leads back here")
}

func TestSignInWithKey(t *testing.T) {
	for name, tc := range map[string]struct {
		email, key string
		fails      error
		status     int
		says       string
	}{
		"works":                         {" A.deVries@Hospital.test ", " my-key ", nil, http.StatusSeeOther, ""},
		"unknown e-mail":                {"who@hospital.test", "my-key", nil, http.StatusUnprocessableEntity, "signin.refused_text"},
		"a key Luscii refuses":          {"a.devries@hospital.test", "nonsense", nil, http.StatusUnprocessableEntity, "signin.refused_text"},
		"a key that doesn't fit":        {"a.devries@hospital.test", "all-key", nil, http.StatusUnprocessableEntity, "signin.refused_text"},
		"nothing typed":                 {"", "", nil, http.StatusUnprocessableEntity, "signin.refused_text"},
		"no answer":                     {"a.devries@hospital.test", "my-key", triage.ErrUnavailable, http.StatusBadGateway, "signin.unavailable"},
		"limit reached":                 {"a.devries@hospital.test", "my-key", triage.ErrBusy, http.StatusBadGateway, "signin.unavailable"},
		"an answer that makes no sense": {"a.devries@hospital.test", "my-key", triage.ErrMalformed, http.StatusBadGateway, "signin.unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, withKeys)
			h.keys.fails = tc.fails
			b := h.stranger()
			assert.Equal(t, "password", b.get("/signin").attr(`input[name="key"]`, "type"))
			in := b.post("/signin", url.Values{"email": {tc.email}, "key": {tc.key}})
			assert.Equal(t, tc.status, in.status)
			if tc.says == "" {
				assert.Equal(t, "/", in.location())
				assert.Equal(t, "Anna de Vries", b.get("/").text(".user b"))
				return
			}
			assert.Contains(t, in.text(".notice"), h.say("signin.refused"))
			assert.Contains(t, in.text(".notice"), h.say(tc.says))
			assert.Equal(t, strings.TrimSpace(tc.email), in.attr("#email", "value"), "what was typed is kept")
			assert.False(t, in.find("#key").Is("[value]"), "but no key is ever sent back")
			assert.Equal(t, http.StatusSeeOther, b.get("/").status, "nobody is signed in")
		})
	}
}

// Refusals can't be told apart, so that nobody learns who works here.
func TestRefusalsAreAlike(t *testing.T) {
	h := newHouse(t, withKeys)
	bodies := map[string]bool{}
	for _, form := range []url.Values{
		{"email": {"a.devries@hospital.test"}, "key": {"nonsense"}},
		{"email": {"nobody.here@hospital.test"}, "key": {"my-key"}},
		{"email": {"nobody.here@hospital.test"}, "key": {"nonsense"}},
	} {
		page := h.stranger().post("/signin", form)
		bodies[strings.ReplaceAll(page.body, form.Get("email"), "")] = true
	}
	assert.Len(t, bodies, 1)
}

func TestSignOut(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	b.post("/language", url.Values{"lang": {"nl"}})
	page := b.get("/")
	assert.Equal(t, "/signout", page.attr(".session > form", "action"))
	out := b.post("/signout", nil)
	assert.Equal(t, http.StatusSeeOther, out.status)
	assert.Equal(t, "/signin", out.location())
	assert.Equal(t, http.StatusSeeOther, b.get("/").status)
	assert.Equal(t, "nl", b.get("/signin").attr("html", "lang"), "the language stays")
	assert.False(t, b.get("/signin").has(".user"))
}

func TestLanguage(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.headers.Set("Accept-Language", "fr, *;q=0.1")
	assert.Equal(t, "nl", b.get("/").attr("html", "lang"), "Dutch where nothing else is wanted")
	b.headers.Set("Accept-Language", "en-GB,en;q=0.9,nl;q=0.8")
	page := b.get("/alerts/a-1?flag=red&status=open")
	assert.Equal(t, "en", page.attr("html", "lang"))
	assert.Equal(t, "true", page.attr(`button[name="lang"][value="en"]`, "aria-pressed"))
	assert.Equal(t, "/alerts/a-1?flag=red&status=open", page.attr(`input[name="back"]`, "value"))

	to := b.post("/language", url.Values{"lang": {"nl"}, "back": {page.attr(`input[name="back"]`, "value")}})
	assert.Equal(t, http.StatusSeeOther, to.status)
	assert.Equal(t, "/alerts/a-1?flag=red&status=open", to.location(), "the switch keeps the place")
	page = b.get(to.location())
	assert.Equal(t, "nl", page.attr("html", "lang"), "the choice wins over the browser")
	assert.Equal(t, "false", page.attr(`button[name="lang"][value="en"]`, "aria-pressed"))
	assert.Contains(t, page.text("#detail .state"), h.words.Match("nl", "").T("status.open"))
	assert.Equal(t, "nl", b.get("/nothing").attr("html", "lang"))
	assert.Contains(t, b.get("/", htmx...).text("#status"), h.words.Match("nl", "").T("freshness.live"))
}

func TestLanguageLeadsNowhereElse(t *testing.T) {
	for public, backs := range map[string]map[string]string{
		"http://board.test": {
			"/":                      "/",
			"/alerts/a%2Fb?flag=red": "/alerts/a%2Fb?flag=red",
			"":                       "/",
			"//evil.test":            "/",
			"///evil.test":           "/",
			"https://evil.test/":     "/",
			"http:/evil.test":        "/",
			"javascript:alert(1)":    "/",
			`/\evil.test`:            "/",
			`\\evil.test`:            "/",
			"evil.test":              "/",
			"@evil.test":             "/",
			"/\t/evil.test":          "/",
			"/\r\nSet-Cookie: a=b":   "/",
			"/%zz":                   "/",
		},
		"http://board.test/ward/3/": {
			"/ward/3/":                "/ward/3/",
			"/ward/3/alerts/x?flag=a": "/ward/3/alerts/x?flag=a",
			"/":                       "/ward/3/",
			"/ward/30/":               "/ward/3/",
			"/ward/3/../4":            "/ward/3/",
			"/ward/3/%2e%2e/4":        "/ward/3/",
			"//evil.test/ward/3/":     "/ward/3/",
		},
	} {
		h := newHouse(t, at(public))
		b := h.stranger()
		for back, want := range backs {
			a := b.post("/language", url.Values{"lang": {"en"}, "back": {back}})
			assert.Equal(t, http.StatusSeeOther, a.status)
			assert.Equal(t, want, a.location(), "%s: %q", public, back)
		}
	}
}

func TestUnknownLanguageIsDutch(t *testing.T) {
	h := newHouse(t)
	b := h.stranger()
	b.post("/language", url.Values{"lang": {"tlh"}})
	assert.Equal(t, "nl", b.get("/signin").attr("html", "lang"))
}
