package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// addresses are all the places a page or fragment leads to, or asks; a telephone
// number is none.
func addresses(a answer) []string {
	var out []string
	if where := a.header.Get("Location"); where != "" {
		out = append(out, where)
	}
	if a.doc == nil {
		return out
	}
	for _, name := range []string{"href", "src", "action", "hx-get", "hx-post", "formaction"} {
		a.doc.Find("[" + name + "]").Not("use").Each(func(_ int, s *goquery.Selection) { out = append(out, s.AttrOr(name, "")) })
	}
	out = slices.DeleteFunc(out, func(address string) bool {
		return strings.HasPrefix(address, "tel:") || strings.HasPrefix(address, "mailto:")
	})
	return append(out, a.doc.Find(`input[name="back"]`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })...)
}

// shift is a visit to every page and every kind of answer.
func shift(h *house, b *browser) {
	h.t.Helper()
	for i := range 201 {
		h.board.put(anAlert(triage.AlertID(fmt.Sprintf("many-%d", i)), triage.FlagGray))
	}
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed))
	b.get("/livez")
	b.get("/signin")
	b.get("/")
	b.post("/signin", url.Values{"persona": {"nobody"}, "email": {"secret.mail@hospital.test"}, "key": {"secret-wrong-key"}})
	b.post("/signin", url.Values{"persona": {"h-primary"}, "email": {primary.Email}, "key": {"secret-own-key"}})
	b.get("/signin")
	first := b.get("/?flag=red&flag=gray&type=mea&group=g-copd&program=pr-home")
	b.get(strings.TrimPrefix(first.attr(`a[rel="next"]`, "href"), b.base))
	for i := range 201 {
		h.board.remove(triage.AlertID(fmt.Sprintf("many-%d", i)))
	}
	b.get("/", htmx...)
	found := strings.TrimPrefix(b.post("/search", url.Values{"q": {`"Saskia van den Berg" 7001234`}}).location(), b.base)
	b.get(found)
	b.get("/alerts/a-1" + strings.TrimPrefix(found, "/"))
	b.post("/search", url.Values{"q": {`Saskia "Berg`}})
	b.post("/settings/views", url.Values{"name": {"Saskia"}, "q": {"Saskia 7001234"}})
	b.post("/settings/views", url.Values{"name": {"Saskia"}, "q": {"Saskia 7001234"}})
	b.get("/settings/views")
	for _, headers := range [][]string{nil, htmx} {
		b.get("/alerts/a-1?flag=red", headers...)
		b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "secret note", "category", "other:", "category_other", "secret category"), headers...)
		b.get("/?status=processed")
		b.post("/alerts/a-1", decide(h, "a-1", "open", "note", "secret note", "seen", "2020-01-01T00:00:00Z"), headers...)
		b.post("/alerts/a-1", decide(h, "a-1", "open", "note", strings.Repeat("secret note ", 1000)), headers...)
		h.actions.fails = &triage.InFlightError{}
		b.post("/alerts/a-2", decide(h, "a-2", "processed", "note", "secret note"), headers...)
		h.actions.fails = triage.ErrUnavailable
		b.post("/alerts/a-2", decide(h, "a-2", "processed", "note", "secret note"), headers...)
		h.actions.fails = nil
		h.outbox.confirm()
		b.post("/alerts/a-1", decide(h, "a-1", "open", "note", "secret note"), headers...)
		b.get("/actions", headers...)
		h.outbox.end(triage.ReasonRejected, triage.StepFail)
		b.get("/alerts/a-1", headers...)
		b.get("/actions", headers...)
		b.post("/actions/"+string(h.outbox.all()[len(h.outbox.all())-1].ID)+"/retry", nil, headers...)
		b.post("/undo", nil, headers...)
		b.get("/alerts/bulk?id=a-1&id=a-2", headers...)
		b.post("/alerts", url.Values{"id": {"a-2"}, "seen.a-2": {decide(h, "a-2", "").Get("seen")}, "status": {"processed"}, "note": {"secret note"}}, headers...)
		b.post("/undo", nil, headers...)
		b.get("/nothing", headers...)
		b.get("/?status=bogus", headers...)
		b.post("/language", url.Values{"lang": {"en"}, "back": {b.base + "/alerts/a-1"}}, headers...)
	}
	b.get("/alerts/a-2/escalate?flag=red")
	b.post("/alerts/a-2", decide(h, "a-2", "escalated", "note", "secret note"))
	b.post("/signout", nil)
}

func TestBelowAPath(t *testing.T) {
	for _, public := range []string{"https://hospital.test/ward/3", "https://hospital.test/ward/3/"} {
		t.Run(public, func(t *testing.T) {
			h := newHouse(t, at(public))
			b := h.stranger()
			pages := 0
			b.checks = append(b.checks, func(a answer) {
				pages++
				for _, address := range addresses(a) {
					assert.True(t, strings.HasPrefix(address, "/ward/3/"), "%s leads to %s", a.path, address)
					assert.False(t, strings.HasPrefix(address, "/ward/3/ward"), "%s leads to %s", a.path, address)
				}
			})
			shift(h, b)
			assert.Greater(t, pages, 30)
			page := b.get("/signin")
			for _, asset := range []string{page.attr(`link[rel="stylesheet"][href*="app."]`, "href"), page.attr("script", "src")} {
				assert.Equal(t, http.StatusOK, b.get(strings.TrimPrefix(asset, "/ward/3")).status, asset)
			}

			b.checks = nil
			b.base = ""
			for _, outside := range []string{"/", "/signin", "/ward/30/signin", "/ward"} {
				assert.Equal(t, http.StatusNotFound, b.status(outside), outside)
			}
			assert.Equal(t, http.StatusSeeOther, b.status("/ward/3"), "with and without a slash at its end")
		})
	}
}

func TestEncryptionIsDemanded(t *testing.T) {
	for public, want := range map[string]string{
		"https://board.test":     "max-age=31536000",
		"https://board.test/w/3": "max-age=31536000",
		"http://127.0.0.1:8080":  "",
	} {
		h := newHouse(t, at(public))
		b := h.stranger()
		for _, path := range []string{"/", "/signin", "/livez", "/nothing", "/static/nothing"} {
			assert.Equal(t, want, b.get(path).header.Get("Strict-Transport-Security"), "%s%s", public, path)
		}
		in := b.post("/signin", url.Values{"persona": {"h-admin"}})
		cookie := in.header.Get("Set-Cookie")
		assert.Equal(t, want != "", strings.Contains(cookie, "; Secure"), cookie)
		assert.Contains(t, cookie, "; HttpOnly") // R23
	}
}
