package handlers_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// Every route there is, and what a stranger gets there. A new route has to be
// put into this table.
var strangerGets = map[string]int{
	"GET /livez":                     http.StatusOK,
	"GET /readyz":                    http.StatusOK,
	"* /static/*":                    http.StatusNotFound, // of a name that isn't there
	"GET /signin":                    http.StatusOK,
	"POST /signin":                   http.StatusUnprocessableEntity, // an empty form
	"POST /language":                 http.StatusSeeOther,            // back to the page
	"GET /":                          http.StatusUnauthorized,
	"POST /search":                   http.StatusUnauthorized,
	"GET /settings/views":            http.StatusUnauthorized,
	"POST /settings/views":           http.StatusUnauthorized,
	"GET /alerts/{id}":               http.StatusUnauthorized,
	"POST /alerts/{id}":              http.StatusUnauthorized,
	"GET /alerts/{id}/escalate":      http.StatusUnauthorized,
	"GET /alerts/{id}/trend":         http.StatusUnauthorized,
	"POST /alerts/{id}/draft":        http.StatusUnauthorized,
	"POST /alerts":                   http.StatusUnauthorized,
	"GET /alerts/bulk":               http.StatusUnauthorized,
	"GET /batches/{id}":              http.StatusUnauthorized,
	"POST /undo":                     http.StatusUnauthorized,
	"POST /printed":                  http.StatusUnauthorized,
	"GET /actions":                   http.StatusUnauthorized,
	"POST /actions/{id}/retry":       http.StatusUnauthorized,
	"POST /actions/{id}/settle":      http.StatusUnauthorized,
	"GET /settings":                  http.StatusUnauthorized,
	"POST /settings":                 http.StatusUnauthorized,
	"GET /settings/keys":             http.StatusUnauthorized,
	"POST /settings/keys":            http.StatusUnauthorized,
	"GET /help/keys":                 http.StatusUnauthorized,
	"GET /commands":                  http.StatusUnauthorized,
	"POST /signout":                  http.StatusUnauthorized,
	"GET /audit":                     http.StatusUnauthorized,
	"GET /gallery":                   http.StatusUnauthorized,
	"GET /reports":                   http.StatusUnauthorized,
	"GET /reports/{type}":            http.StatusUnauthorized,
	"GET /reports/{type}/download":   http.StatusUnauthorized,
	"POST /reports/{type}/downloads": http.StatusUnauthorized,
	"GET /downloads/{id}":            http.StatusUnauthorized,
	"POST /downloads/{id}":           http.StatusUnauthorized,
	"GET /downloads/{id}/file":       http.StatusUnauthorized,
	"GET /events":                    http.StatusUnauthorized,
	"GET /insights":                  http.StatusUnauthorized,
}

func TestRoutesForAStranger(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	router, ok := h.server.Handler().(chi.Routes)
	require.True(t, ok)
	methods := map[string]int{}
	seen := map[string]bool{}
	require.NoError(t, chi.Walk(router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		route = strings.TrimPrefix(strings.ReplaceAll(route, "/*/", "/"), "//")
		methods[route]++
		name := method + " " + route
		if strings.HasPrefix(route, "/static/") {
			name = "* " + route // served whatever the method, and refused there
		}
		want, listed := strangerGets[name]
		if !assert.True(t, listed, "the route %s stands in no test", name) || seen[name] {
			return nil
		}
		seen[name] = true
		b := h.stranger()
		path := strings.NewReplacer("{id}", "a-1", "*", "nothing").Replace(route)
		page := b.do(method, path, "")
		part := b.do(method, path, "", htmx...)
		if want != http.StatusUnauthorized {
			assert.Equal(t, want, page.status, name)
			assert.Equal(t, want, part.status, name)
			return nil
		}
		if name == "GET /events" { // a redirect would be read as a stream
			assert.Equal(t, http.StatusUnauthorized, page.status)
			assert.Equal(t, http.StatusUnauthorized, part.status)
			return nil
		}
		assert.Equal(t, http.StatusSeeOther, page.status, name)
		assert.Equal(t, "/signin", page.location(), name)
		assert.Equal(t, http.StatusUnauthorized, part.status, name)
		assert.Equal(t, "none", part.header.Get("HX-Reswap"), "%s: what is on the page, a half-typed note included, stays", name)
		assert.Contains(t, part.text(`hx-partial[hx-target="#toasts"] .notice`), h.say("error.signed_out_text"), name)
		assert.NotContains(t, page.body+part.body, "Saskia")
		return nil
	}))
	for name := range strangerGets {
		assert.True(t, seen[name], "%s is no route any more", name)
	}
	assert.Empty(t, h.actions.calls)
}

func TestNoSuchPage(t *testing.T) {
	h := newHouse(t)
	for _, b := range []*browser{h.stranger(), h.as(admin)} {
		for _, path := range []string{"/nothing", "/alerts/", "/alerts/a-1/nothing", "/signin/"} {
			page := b.get(path)
			assert.Equal(t, http.StatusNotFound, page.status, path)
			assert.Equal(t, h.say("error.404"), page.text("h1"))
			assert.Contains(t, page.text("main .notice"), h.say("error.404_text"))
			assert.Equal(t, "/", page.attr("main a", "href"), "a way out")
			part := b.get(path, htmx...)
			assert.Equal(t, http.StatusNotFound, part.status)
			assert.Equal(t, "none", part.header.Get("HX-Reswap"))
		}
	}
}

func TestWrongMethod(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for path, allow := range map[string][]string{
		"PUT /":                     {"GET"},
		"POST /":                    {"GET"},
		"DELETE /alerts/a-1":        {"GET", "POST"},
		"POST /alerts/a-1/escalate": {"GET"},
		"GET /signout":              {"POST"},
		"GET /alerts":               {"POST"},
		"GET /undo":                 {"POST"},
		"GET /language":             {"POST"},
		"DELETE /signin":            {"GET", "POST"},
	} {
		method, path, _ := strings.Cut(path, " ")
		page := b.do(method, path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, page.status, path)
		assert.Equal(t, h.say("error.405"), page.text("h1"))
		assert.Equal(t, allow, page.header.Values("Allow"), path)
	}
}

// Unknown and foreign are answered alike, so that nobody learns what there is.
func TestUnknownAndForeignAlerts(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-heart", triage.FlagRed, inGroup("g-heart")), anAlert("a-open", triage.FlagRed), anAlert("a-heart-up", triage.FlagRed, inGroup("g-heart"), escalated))
	form := url.Values{"status": {"processed"}, "seen": {"2026-01-01T00:00:00Z"}, "note": {"n"}}
	for who, foreign := range map[*triage.HCP][]string{
		&primary:   {"a-heart", "a-heart-up"},
		&secondary: {"a-heart", "a-heart-up", "a-open"},
	} {
		b := h.as(*who)
		for _, headers := range [][]string{nil, htmx, {"HX-Request", "true", "HX-Target", "section#detail"}} {
			for _, path := range []string{"GET /alerts/ID", "GET /alerts/ID/escalate", "POST /alerts/ID", "GET /alerts/ID?flag=red"} {
				method, path, _ := strings.Cut(path, " ")
				ask := func(id string) answer {
					a := b.do(method, strings.ReplaceAll(path, "ID", id), form.Encode(),
						append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
					a.header.Del("X-Request-Id")
					a.header.Del("Date")
					return a
				}
				unknown := ask("nobody")
				assert.Equal(t, http.StatusNotFound, unknown.status)
				assert.Contains(t, unknown.text(".notice"), h.say("error.404_alert"))
				for _, id := range append(foreign, "%41%zz"[:3]) {
					a := ask(id)
					assert.Equal(t, unknown.status, a.status, "%s %s %s", who.Role, method, id)
					assert.Equal(t, unknown.body, a.body, "%s %s %s", who.Role, method, id)
					assert.Equal(t, unknown.header, a.header, "%s %s %s", who.Role, method, id)
				}
			}
		}
	}
	assert.Empty(t, h.actions.calls)
	assert.True(t, h.as(primary).get("/alerts/nobody", "HX-Request", "true", "HX-Target", "section#detail").has("section#detail .notice"),
		"where an alert was asked for beside the list, the answer stands there")
}

func TestReadOnly(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(viewer)
	page := b.get("/alerts/a-1")
	assert.False(t, page.has("form#act"))
	assert.Contains(t, page.text("#detail .notice"), h.say("readonly.title"))
	assert.Contains(t, page.text("#detail .notice"), h.say("readonly.text", h.say("role.HC_VIEW_ALL")))
	assert.Equal(t, http.StatusForbidden, b.get("/alerts/a-1/escalate").status)
	for _, headers := range [][]string{nil, htmx} {
		a := b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "n"), headers...)
		assert.Equal(t, http.StatusForbidden, a.status)
		assert.Contains(t, a.text("#detail > .notice.error"), h.say("failed.forbidden"))
		assert.False(t, a.has("form#act"))
	}
	assert.Equal(t, triage.StatusOpen, mustFind(h, "a-1").Status)
}

func TestRequestsFromOtherSites(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	origin := b.server.URL
	for name, tc := range map[string]struct {
		headers []string
		allowed bool
	}{
		"neither header (curl)": {nil, true},
		"same origin":           {[]string{"Sec-Fetch-Site", "same-origin"}, true},
		"typed by the user":     {[]string{"Sec-Fetch-Site", "none"}, true},
		"cross-site":            {[]string{"Sec-Fetch-Site", "cross-site"}, false},
		"same-site":             {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"own Origin":            {[]string{"Origin", origin}, true},
		"another Origin":        {[]string{"Origin", "https://evil.test"}, false},
		"Origin null":           {[]string{"Origin", "null"}, false},
		"own Origin, yet cross": {[]string{"Origin", origin, "Sec-Fetch-Site", "cross-site"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/alerts/a-1", "/language", "/signin", "/nothing"} {
				h.board.put(anAlert("a-1", triage.FlagRed))
				h.actions.calls = nil
				form := decide(h, "a-1", "processed", "lang", "en")
				page := b.post(path, form, tc.headers...)
				part := b.post(path, form, append(tc.headers, htmx...)...)
				if tc.allowed {
					assert.NotEqual(t, http.StatusForbidden, page.status, path)
					continue
				}
				assert.Equal(t, http.StatusForbidden, page.status, path)
				assert.Contains(t, page.text("main .notice"), h.say("error.403_origin"), path)
				assert.Equal(t, http.StatusForbidden, part.status, path)
				assert.Empty(t, h.actions.calls)
			}
			assert.Equal(t, http.StatusOK, b.get("/", tc.headers...).status, "reading is free")
		})
	}
	assert.Equal(t, http.StatusForbidden, b.post("/signout", nil, "Sec-Fetch-Site", "cross-site").status)
	assert.Equal(t, http.StatusOK, b.get("/").status, "nobody was signed out")
}

// R52
func TestHealth(t *testing.T) {
	h := newHouse(t)
	h.board.shape = func(s *triage.Snapshot) { s.LastError = triage.ErrUnavailable }
	b := h.stranger()
	assert.Equal(t, http.StatusOK, b.get("/readyz").status, "that Luscii is down is the board's to say")
	h.options.Ready = nil
	assert.Equal(t, http.StatusOK, b.get("/livez").status)

	h.options.Ready = h.brokenStorage
	b = h.rebuilt().stranger()
	ready := b.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, ready.status)
	assert.NotContains(t, ready.body, errBroken.Error())
	assert.Contains(t, h.log.String(), errBroken.Error())
	assert.Equal(t, http.StatusOK, b.get("/livez").status)
}

var errBroken = errors.New("disk full")

var contentHash = regexp.MustCompile(`^/static/[a-z]+\.[A-Z0-9]{8}\.(css|js|svg)$`)

func TestAssets(t *testing.T) {
	h := newHouse(t)
	b := h.stranger()
	page := b.get("/signin")
	for _, path := range []string{page.attr(`link[rel="stylesheet"][href*="app."]`, "href"), page.attr("script", "src"), page.attr(`link[rel="icon"]`, "href")} {
		assert.Regexp(t, contentHash, path)
		asset := b.get(path)
		assert.Equal(t, http.StatusOK, asset.status)
		assert.Equal(t, "public, max-age=31536000, immutable", asset.header.Get("Cache-Control"))
		assert.Empty(t, asset.header.Values("Set-Cookie"))
	}
}

// Who watches a server often asks by HEAD.
func TestHead(t *testing.T) {
	for _, public := range []string{"http://board.test", "http://board.test/ward/3"} {
		h := newHouse(t, at(public))
		b := h.stranger()
		for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/signin": 200, "/": 303, "/nothing": 404, "/signout": 405} {
			a := b.do(http.MethodHead, path, "")
			assert.Equal(t, want, a.status, "%s%s", public, path)
			assert.Empty(t, a.body)
		}
	}
}
