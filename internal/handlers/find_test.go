package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// search types a text into the box, and answers the page that was found.
func (b *browser) search(text string) answer {
	b.t.Helper()
	sent := b.post("/search", url.Values{"q": {text}})
	require.Equal(b.t, http.StatusSeeOther, sent.status, "%s: %s", text, sent.body)
	return b.get(strings.TrimPrefix(sent.location(), b.base))
}

// box is the text in the search box.
func (a answer) box() string {
	a.t.Helper()
	return a.attr("#search", "value")
}

// findable is a ward whose alerts differ in all that can be asked for.
func findable(t *testing.T) *house {
	h := newHouse(t)
	ward(h)
	h.board.put(
		anAlert("new", triage.FlagGray, func(a *triage.Alert) { a.CreatedAt = time.Now().Add(-5 * time.Minute) }),
		anAlert("nobody", triage.FlagGray, ofPatient("p-unknown")),
	)
	h.board.history = func(_ context.Context, a triage.Alert) ([]triage.Record, error) {
		if a.ID != "orange-ovd" {
			return nil, nil
		}
		return []triage.Record{{Action: "process", Note: "Gebeld met mantelzorger Yılmaz"}}, nil
	}
	return h
}

func TestSearch(t *testing.T) {
	b := findable(t).as(admin)
	for text, want := range map[string]struct {
		rows []string
		box  string // empty: the text itself
	}{
		"flag:red":                       {[]string{"red-heart", "red-mea", "red-rem"}, ""},
		"VLAG:rood -groep:hart":          {[]string{"red-mea", "red-rem"}, "flag:red -group:Hartfalen"},
		"-flag:red,gray":                 {[]string{"orange-ovd"}, "-flag:red,gray"},
		"program:zorg":                   {[]string{"gray-heart"}, "program:Zorgpad"},
		"-program:thuis -type:mea":       {[]string{}, "-type:mea -program:Thuismeten"},
		"waiting<10min":                  {[]string{"new"}, "waiting<10m"},
		"waiting>1h flag:gray":           {[]string{"gray-heart", "nobody"}, "flag:gray waiting>1h"},
		"smit":                           {[]string{"red-rem"}, ""},
		`"van den berg" flag:orange`:     {[]string{"orange-ovd"}, `flag:orange "van den berg"`},
		"bergdewit -flag:gray -flag:red": {[]string{"orange-ovd"}, "-flag:gray,red bergdewit"},
		"700-5678":                       {[]string{"red-rem"}, ""},
		"yilmaz":                         {[]string{"orange-ovd"}, ""},
		"-saskia":                        {[]string{"red-rem", "nobody"}, ""},
		"status:escalated flag:red":      {[]string{"up-heart"}, ""},
		"status:verwerkt":                {[]string{"done-gray"}, "status:processed"},
		"by:patient -flag:gray":          {[]string{"red-heart", "red-mea", "orange-ovd", "red-rem"}, "-flag:gray by:patient"},
		"nobody-is-called-this":          {[]string{}, ""},
	} {
		page := b.search(text)
		assert.Equal(t, http.StatusOK, page.status, text)
		assert.Equal(t, want.rows, page.rows(), text)
		if want.box == "" {
			want.box = text
		}
		assert.Equal(t, want.box, page.box())
		// R5, R14: whatever is searched for.
		assert.Equal(t, "3", page.text(`[data-count="red"]`))
		n := fmt.Sprint(len(want.rows))
		assert.Equal(t, n+" of "+n, page.text("#news .summary"))
		again := b.get(page.attr("#poll", "hx-get"), htmx...)
		assert.Equal(t, want.rows, again.rows(), "a poll asks the same")
	}
	assert.Equal(t, "3 red outside this filter", b.search("status:open yilmaz").text(".outside")) // R5
	assert.Contains(t, b.search("yilmaz").text(".list-aside"), "notes that this board has read")
	assert.False(t, b.search("flag:red").has(".list-aside"))
	assert.Equal(t, "/", b.post("/search", url.Values{"q": {" "}}).location(), "nothing to look for")
	part := b.post("/search", url.Values{"q": {"smit"}}, htmx...)
	assert.Equal(t, http.StatusOK, part.status)
	assert.Regexp(t, `^/\?s=\w+$`, part.header.Get("HX-Redirect"))
}

func TestSearchInAView(t *testing.T) {
	h := findable(t)
	in := func(b *browser, status string) answer {
		return b.get(b.post("/search", url.Values{"q": {"flag:red"}, "status": {status}}).location())
	}
	assert.Equal(t, "status:escalated flag:red", in(h.as(admin), "escalated").box())
	assert.Equal(t, []string{"red-heart", "red-mea", "red-rem"}, in(h.as(admin), "").rows())
	theirs := in(h.as(secondary), "")
	assert.Equal(t, "flag:red", theirs.box(), "their own view goes without saying")
	assert.Equal(t, "open", theirs.doc.Find("#board .row").AttrOr("data-status", "open"))
}

// R25: terms stand in no address and no log; only the box, and forms that repeat
// it, hold them.
func TestTermsStandInNoAddress(t *testing.T) {
	h := findable(t)
	b := h.as(admin)
	sent := b.post("/search", url.Values{"q": {`"saskia van den berg" flag:orange waiting>1m`}})
	assert.Regexp(t, `^/\?s=[A-Z2-7]{20,}$`, sent.location())
	page := b.get(sent.location())
	detail := b.get("/alerts/orange-ovd" + strings.TrimPrefix(sent.location(), "/"))
	id := strings.TrimPrefix(sent.location(), "/?")
	for _, a := range []answer{sent, page, detail, b.get(page.attr("#poll", "hx-get"), htmx...), b.get("/alerts/orange-ovd/escalate?" + id)} {
		for _, address := range addresses(a) {
			assert.NotContains(t, strings.ToLower(address), "saskia")
		}
		if a.doc == nil {
			continue
		}
		a.doc.Find("*").Each(func(_ int, s *goquery.Selection) {
			for _, attribute := range s.Nodes[0].Attr {
				if attribute.Key != "value" {
					assert.NotContains(t, strings.ToLower(attribute.Val), "saskia van", "%s of %s", attribute.Key, s.Nodes[0].Data)
				}
			}
		})
	}
	assert.NotContains(t, strings.ToLower(h.log.String()), "saskia")
	assert.NotContains(t, h.log.String(), id)

	// The search goes along wherever one goes from here.
	assert.Equal(t, id, page.attr("#board", "data-query"))
	for _, address := range []string{
		page.attr("#poll", "hx-get"), page.attr("#news", "data-stream"), page.attr("#undo", "action"), page.attr(`a[href^="/alerts/bulk"]`, "href"),
		page.attr("#find", "action"), page.chip(h.say("view.escalated")).AttrOr("href", ""), detail.attr(".back", "href"), detail.attr("#act", "action"),
	} {
		assert.Contains(t, address, id)
	}
	assert.NotContains(t, page.attr(".chips a.clear", "href"), id)
}

// Bad input: what can't be read is shown at its place, and nothing typed is lost.
func TestSearchThatCanNotBeRead(t *testing.T) {
	h := findable(t)
	b := h.as(primary)
	for text, want := range map[string]struct{ at, reason string }{
		"x gruop:copd":          {"gruop:", "find.key"},
		"flag:blue":             {"blue", "find.flag"},
		"type:x":                {"x", "find.type"},
		"waiting>soon":          {"soon", "find.waiting"},
		"waiting:2h":            {"waiting:", "find.sign_waiting"},
		"flag>red":              {"flag>", "find.sign"},
		"flag:":                 {"flag:", "find.value"},
		`flag:red "de vries`:    {`"de vries`, "find.quote"},
		"status:x":              {"x", "find.status"},
		"by:x":                  {"x", "find.by"},
		"-by:patient":           {"-by:", "find.not"},
		"group:hart":            {"hart", "find.group"}, // which isn't one of theirs
		"program:nope":          {"nope", "find.program"},
		"é - é":                 {"-", "find.empty"},
		"by:patient by:patient": {"by:patient", "find.twice"},
		"<b>:x":                 {"<", ""},
	} {
		page := b.post("/search?flag=red", url.Values{"q": {text}})
		require.Equal(t, http.StatusUnprocessableEntity, page.status, text)
		assert.Equal(t, text, page.box())
		assert.Equal(t, text, page.find(".find-text").Text())
		if want.reason == "" {
			continue
		}
		assert.Equal(t, want.at, page.find("#search-problem mark").Text(), text)
		assert.Equal(t, h.say(want.reason), page.text("#search-problem b"))
		assert.Equal(t, "true", page.attr("#search", "aria-invalid"))
		assert.Equal(t, "search-problem", page.attr("#search", "aria-describedby"))
		assert.Equal(t, []string{"red-mea", "red-rem"}, page.rows(), "the list they were at")
		assert.False(t, page.has(`meta[http-equiv="refresh"]`), "nobody's typing is taken away")

		part := b.post("/search?flag=red", url.Values{"q": {text}}, htmx...)
		assert.Equal(t, http.StatusUnprocessableEntity, part.status)
		assert.Equal(t, want.at, part.find(`hx-partial[hx-target="#find"] mark`).Text())
	}
	marked := b.post("/search", url.Values{"q": {"🩺é flag:blue"}})
	assert.Equal(t, []string{"9", "13"}, []string{marked.attr("#search", "data-from"), marked.attr("#search", "data-to")}, "as browsers count")
	several := h.as(admin)
	h.names.groups["g-copd-2"] = "COPD Zuid"
	assert.Contains(t, several.post("/search", url.Values{"q": {"group:cop"}}).text("#search-problem b"), "COPD, COPD Zuid")

	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/search", url.Values{"q": {"x"}, "status": {"snoozed"}}).status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/search", url.Values{"q": {"x"}, "waiting": {"2h0m0s"}}).status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/search?status=snoozed", url.Values{"q": {"flag:"}}).status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/search", url.Values{"q": {"a\xffb"}}).status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/?by=flag").status)
}

// What is unknown and what is another's can't be told apart, on any route.
func TestAForeignSearch(t *testing.T) {
	h := findable(t)
	id := strings.TrimPrefix(h.as(admin).post("/search", url.Values{"q": {"smit"}}).location(), "/?s=")
	b := h.as(primary)
	for _, path := range []string{"/?s=", "/alerts/red-mea?s=", "/alerts/bulk?s=", "/events?s="} {
		foreign, unknown := b.get(path+id), b.get(path+strings.Repeat("A", len(id)))
		assert.Equal(t, http.StatusNotFound, foreign.status, path)
		assert.Equal(t, unknown.status, foreign.status)
		assert.Equal(t, strings.ReplaceAll(unknown.body, strings.Repeat("A", len(id)), ""), strings.ReplaceAll(foreign.body, id, ""))
		assert.Contains(t, foreign.text("main .notice"), h.say("error.404_search"))
	}
	assert.Equal(t, http.StatusNotFound, b.post("/search?s="+id, url.Values{"q": {"flag:"}}).status)
	assert.Equal(t, http.StatusNotFound, b.post("/settings/views", url.Values{"id": {id}, "name": {"x"}, "slot": {"4"}}).status)
	events := h.audit.taken()
	i := slices.IndexFunc(events, func(e audit.Event) bool { return e.Action == audit.Searched && e.Outcome == audit.Denied })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, id, events[i].Private.Asked)
}

// The chips and the text always agree: whatever is chosen is in the box, and what
// is in the box finds the same when it is sent again.
func TestChipsAndTextAgree(t *testing.T) {
	b := findable(t).as(admin)
	for _, start := range []string{`flag:red -type:rem "berg" waiting>1m`, "group:#g-none,copd", "-flag:gray", ""} {
		page := b.get("/")
		if start != "" {
			page = b.search(start)
		}
		links := page.all(".chips a.chip").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("href", "") })
		require.Greater(t, len(links), 8)
		for _, link := range links {
			chosen := b.get(link)
			require.Equal(t, http.StatusOK, chosen.status, link)
			typed := b.get("/")
			if chosen.box() != "" {
				typed = b.search(chosen.box())
			}
			assert.Equal(t, chosen.box(), typed.box(), link)
			assert.Equal(t, chosen.rows(), typed.rows(), link)
			said := func(a answer) []string {
				return a.all(".chips summary, .chips [aria-current], .chips [aria-pressed=true]").Map(func(_ int, s *goquery.Selection) string { return words(s) })
			}
			assert.Equal(t, said(chosen), said(typed), link)
		}
	}

	page := b.search(`flag:red,orange -type:rem berg`)
	assert.Equal(t, "Type: not Patient remark", words(page.all(".chips summary").Eq(1)))
	less := b.get(page.chip("Orange").AttrOr("href", ""))
	assert.Equal(t, "flag:red -type:rem berg", less.box())
	none := b.get(less.chip("Red").AttrOr("href", ""))
	assert.Equal(t, "-type:rem berg", none.box(), "what the search says is taken away")
	assert.Equal(t, "flag:red,orange type:mea berg", b.get(page.chip("Measurement outside its limit").AttrOr("href", "")).box(), "one is chosen in place of those left out")
	assert.Equal(t, "flag:red,orange berg", b.get(page.chip("not Patient remark").AttrOr("href", "")).box())
	assert.Equal(t, "status:escalated flag:red,orange -type:rem berg", b.get(page.chip("Escalated").AttrOr("href", "")).box())
}

func TestWaitingIsChosenBesideTheText(t *testing.T) {
	b := findable(t).as(admin)
	page := b.search("berg waiting<3h")
	assert.Equal(t, "Waiting: < 3 h", words(page.all(".chips summary").Eq(4)))
	buttons := page.all("button[name=waiting]")
	require.Equal(t, 4, buttons.Length(), "three, and none")
	for _, button := range buttons.EachIter() {
		assert.Equal(t, "find", button.AttrOr("form", ""))
	}
	press := func(page answer, i int) answer {
		value := page.all("button[name=waiting]").Eq(i).AttrOr("value", "none")
		return b.get(b.post(page.attr("#find", "action"), url.Values{"q": {page.box()}, "waiting": {value}}).location())
	}
	hour := press(page, 0)
	assert.Equal(t, "waiting>1h berg", hour.box())
	assert.Equal(t, "true", hour.all("button[name=waiting]").First().AttrOr("aria-pressed", ""))
	assert.Equal(t, "berg", press(hour, 0).box(), "once more: however long")
	assert.Equal(t, "waiting>24h berg", press(hour, 2).box())
	assert.Equal(t, "berg", press(page, 3).box())
}

// R19, R20: what was searched for is recorded, and sealed.
func TestSearchesAreAudited(t *testing.T) {
	h := findable(t)
	b := h.as(admin)
	h.audit.taken()
	b.search("smit flag:red")
	b.post("/search", url.Values{"q": {"smit flag:"}})
	events := h.audit.taken()
	require.Equal(t, []string{"searched done h-admin  ", "list_shown done h-admin  ", "searched failed h-admin  ", "list_shown done h-admin  "}, recorded(events))
	assert.Equal(t, audit.Private{Terms: "smit flag:red"}, events[0].Private)
	assert.Equal(t, audit.Details{View: "open"}, events[0].Details)
	assert.Equal(t, "flag:red smit", events[1].Private.Terms)
	assert.Equal(t, audit.Private{Terms: "smit flag:"}, events[2].Private)
	shipped, _ := h.audit.asShipped()
	assert.NotContains(t, shipped, "smit flag")
	assert.NotContains(t, shipped, "red smit")
}

// R37: what a search finds may change with the names; the page is told to compare.
func TestStreamSettlesAnew(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Interval = 250 * time.Millisecond })
	h.board.put(anAlert("a-1", triage.FlagRed, ofPatient("p-new")), anAlert("a-2", triage.FlagRed))
	b := h.as(admin)
	page := b.search("kok")
	assert.Empty(t, page.rows())
	l := b.listen(strings.TrimPrefix(page.attr("#news", "data-stream"), "/events"))
	l.next("counts")
	h.names.patient(triage.Patient{ID: "p-new", FirstName: "Els", LastName: "Kok", Number: "9"})
	assert.Equal(t, "settled", l.next("reload").data)
	assert.Equal(t, []string{"a-1"}, b.get(page.attr("#poll", "hx-get"), htmx...).rows())
	// From here on its changes are told, and so is what comes of the same patient.
	h.board.put(anAlert("a-3", triage.FlagRed, ofPatient("p-new")), anAlert("a-4", triage.FlagRed))
	assert.Equal(t, []string{"a-3 new"}, l.next("rows").moves(t))
}
