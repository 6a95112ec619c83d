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

	"triageboard/internal/triage"
)

// ward fills a board with alerts of every kind.
func ward(h *house) {
	h.board.put(
		anAlert("red-mea", triage.FlagRed),
		anAlert("red-rem", triage.FlagRed, ofType(triage.TypeRemark), ofPatient("p-smit")),
		anAlert("orange-ovd", triage.FlagOrange, ofType(triage.TypeOverdue)),
		anAlert("gray-heart", triage.FlagGray, inGroup("g-heart"), func(a *triage.Alert) { a.Program = "pr-care" }),
		anAlert("red-heart", triage.FlagRed, inGroup("g-heart"), ofType(triage.TypeCombination)),
		anAlert("up-orange", triage.FlagOrange, escalated),
		anAlert("up-heart", triage.FlagRed, escalated, inGroup("g-heart")),
		anAlert("done-gray", triage.FlagGray, processed),
	)
}

func TestFilters(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(admin)
	for query, want := range map[string][]string{
		"":                                 {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?status=open":                     {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?status=":                         {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?status=escalated":                {"up-heart", "up-orange"},
		"?status=processed":                {"done-gray"},
		"?flag=red":                        {"red-heart", "red-mea", "red-rem"},
		"?flag=":                           {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?flag=red&flag=gray":              {"red-heart", "red-mea", "red-rem", "gray-heart"},
		"?type=rem":                        {"red-rem"},
		"?type=rem&type=ovd":               {"red-rem", "orange-ovd"},
		"?group=g-heart":                   {"red-heart", "gray-heart"},
		"?group=g-heart&group=g-copd":      {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?program=pr-care":                 {"gray-heart"},
		"?program=pr-care&program=pr-home": {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
		"?flag=red&group=g-copd":           {"red-mea", "red-rem"},
		"?flag=red&flag=orange&type=ovd&type=rem": {"red-rem", "orange-ovd"},
		"?status=escalated&flag=red":              {"up-heart"},
		"?group=nowhere":                          {},
		"?flag=red&type=ovd":                      {},
		"?by=patient":                             {"red-heart", "red-mea", "orange-ovd", "gray-heart", "red-rem"},
		"?by=":                                    {"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"},
	} {
		t.Run(query, func(t *testing.T) {
			page := b.get("/" + query)

			assert.Equal(t, http.StatusOK, page.status)
			assert.Equal(t, want, page.rows())
			// R14: partial or not, the list says how much of it is shown.
			n := fmt.Sprint(len(want))
			assert.Equal(t, n+" of "+n, page.text("#news .summary"))
			// R5: the counts are those of the whole scope, whatever the filter.
			assert.Equal(t, "3", page.text(`[data-count="red"]`))
			assert.Equal(t, "1", page.text(`[data-count="orange"]`))
			assert.Equal(t, "1", page.text(`[data-count="gray"]`))

			poll := b.get("/"+query, htmx...)
			assert.Equal(t, want, poll.rows())
			assert.Equal(t, "3", poll.text(`[data-count="red"]`))
		})
	}
}

// R5
func TestRedsOutsideTheFilter(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(admin)
	for query, outside := range map[string]int{
		"":                               0,
		"?flag=red":                      0,
		"?flag=orange":                   3,
		"?group=g-copd":                  1,
		"?flag=red&type=mea":             2,
		"?status=processed":              3,
		"?status=escalated":              3,
		"?status=escalated&flag=red":     3,
		"?group=g-copd&group=g-heart":    0,
		"?type=mea&type=rem&flag=orange": 3,
	} {
		page := b.get("/" + query)
		if outside == 0 {
			assert.False(t, page.has(".outside"), query)
			continue
		}
		said := h.say("outside.red", outside)
		if query == "?status=processed" || query == "?status=escalated" {
			said = h.say("outside.view", outside) // no filter is set
		}
		assert.Equal(t, said, page.text("#status .outside"), query)
		assert.Equal(t, said, b.get("/"+query, htmx...).text("#status .outside"), query)
	}
}

func TestFirstViewByRole(t *testing.T) {
	h := newHouse(t)
	ward(h)
	for _, tc := range []struct {
		who    triage.HCP
		view   string
		rows   []string
		counts map[string]string
	}{
		{admin, "open", []string{"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"}, map[string]string{"red": "3", "orange": "1", "gray": "1"}},
		{viewer, "open", []string{"red-heart", "red-mea", "red-rem", "orange-ovd", "gray-heart"}, map[string]string{"red": "3", "orange": "1", "gray": "1"}},
		{primary, "open", []string{"red-mea", "red-rem", "orange-ovd"}, map[string]string{"red": "2", "orange": "1", "gray": "0"}},
		{secondary, "escalated", []string{"up-orange"}, map[string]string{"red": "0", "orange": "1", "gray": "0"}},
	} {
		t.Run(string(tc.who.Role), func(t *testing.T) {
			page := h.as(tc.who).get("/")
			assert.Equal(t, tc.rows, page.rows())
			assert.Equal(t, h.say("view."+tc.view), words(page.all(`.chips [aria-current="page"] span`).First()))
			for flag, n := range tc.counts {
				assert.Equal(t, n, page.text(`[data-count="`+flag+`"]`), flag)
			}
			assert.False(t, page.has(`[data-count="unknown"]`), "shown only where there are some")
			assert.Equal(t, h.say("role."+string(tc.who.Role)), page.text(".user .faint"))
			assert.Equal(t, tc.who.Name(), page.text(".user b"))
		})
	}
}

func TestScopeHidesWhatIsForeign(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(primary)
	assert.Equal(t, []string{"up-orange"}, b.get("/?status=escalated").rows())
	assert.Empty(t, b.get("/?group=g-heart").rows())
	page := b.get("/")
	assert.NotContains(t, page.text(".chips"), "Hartfalen", "a filter offers only what is in scope")
	assert.Equal(t, "3", words(page.chip(h.say("view.open")).Find(".n")))
	assert.Equal(t, "1", words(page.chip(h.say("view.escalated")).Find(".n")))
	assert.Equal(t, "1", words(page.chip(h.say("view.processed")).Find(".n")))
}

func TestUnknownStatusIsRefused(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(admin)
	for _, path := range []string{"/?status=bogus", "/?status=OPEN", "/alerts/red-mea?status=bogus", "/alerts/red-mea/escalate?status=bogus"} {
		page := b.get(path)
		assert.Equal(t, http.StatusUnprocessableEntity, page.status, path)
		assert.Contains(t, page.text("main"), h.say("invalid.status"), path)
	}
	part := b.get("/?status=bogus", htmx...)
	assert.Equal(t, http.StatusUnprocessableEntity, part.status)
	assert.Equal(t, "none", part.header.Get("HX-Reswap"), "what is on the page stays")
}

func TestFilterLinks(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(admin)
	page := b.get("/?flag=red&group=g-copd")

	red := page.chip(h.say("flag.red"))
	assert.Equal(t, "true", red.AttrOr("aria-current", ""))
	assert.Equal(t, "/?group=g-copd&status=open", red.AttrOr("href", ""), "a set value takes itself away")
	assert.Equal(t, "3", words(red.Find(".n")))
	orange := page.chip(h.say("flag.orange"))
	assert.False(t, orange.Is("[aria-current]"))
	assert.Equal(t, "/?flag=red&flag=orange&group=g-copd&status=open", orange.AttrOr("href", ""))
	assert.Equal(t, "/?flag=red&group=g-copd&status=escalated", page.chip(h.say("view.escalated")).AttrOr("href", ""), "a view keeps the filters")
	assert.Equal(t, "/?flag=red&group=g-copd&program=pr-home&status=open", page.chip("Thuismeten").AttrOr("href", ""))
	assert.Equal(t, "/?status=open", page.attr(".chips a.clear", "href"))
	menus := page.all(".chips summary").Map(func(_ int, s *goquery.Selection) string { return words(s) })
	assert.Equal(t, []string{"Flag: Red", "Type", "Group: COPD", "Program", "Waiting", "Save this view"}, menus)
	two := b.get("/?group=g-heart&group=g-copd&group=g-x").all(".chips summary").Eq(2)
	assert.Equal(t, h.say("filters.chosen", "Group", "Hartfalen", 2), words(two))
	assert.False(t, b.get("/").has(".chips a.clear"), "nothing to clear")

	// Flags stand in R1's order, whatever their words.
	var flags []string
	for _, c := range page.all(".chips .menu").First().Find("a span:first-of-type").EachIter() {
		flags = append(flags, words(c))
	}
	assert.Equal(t, []string{h.say("flag.red"), h.say("flag.orange"), h.say("flag.gray")}, flags)

	// A value set that nothing in the view has is still there to take away.
	gone := b.get("/?group=nowhere").chip("nowhere")
	assert.Equal(t, "/?status=open", gone.AttrOr("href", ""))
	assert.Equal(t, "0", words(gone.Find(".n")))
}

func TestListKeepsItsFilters(t *testing.T) {
	h := newHouse(t)
	ward(h)
	page := h.as(admin).get("/?flag=red&type=mea&type=rem&group=g-copd&program=pr-home")

	kept := url.Values{"status": {"open"}, "flag": {"red"}, "type": {"mea", "rem"}, "group": {"g-copd"}, "program": {"pr-home"}}.Encode()
	assert.Equal(t, "/?"+kept, page.attr("#poll", "hx-get"))
	assert.Regexp(t, `^/events\?.*since=\d+`, page.attr("#news", "data-stream"))
	stream, err := url.Parse(page.attr("#news", "data-stream"))
	require.NoError(t, err)
	following := stream.Query()
	following.Del("since")
	following.Del("as")
	assert.Equal(t, kept, following.Encode())
	assert.Equal(t, kept, page.attr("#board", "data-query"))
	assert.Equal(t, "/alerts/red-mea", page.attr("#a-red-mea a", "href"), "the same row serves every list")
	refresh := page.attr(`noscript meta[http-equiv="refresh"]`, "content")
	assert.Equal(t, "60", refresh, "without JavaScript the page renews itself")
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	want := map[string]bool{}
	for i := range 450 {
		id := fmt.Sprintf("a-%03d", i)
		want[id] = true
		h.board.put(anAlert(triage.AlertID(id), []triage.Flag{triage.FlagRed, triage.FlagOrange, "purple"}[i%3]))
	}
	h.board.put(anAlert("gray", triage.FlagGray), anAlert("foreign", triage.FlagRed, inGroup("g-heart")))
	b := h.as(primary)

	var sizes []int
	var order []string
	path := "/?flag=red&flag=orange&flag=purple"
	for path != "" {
		page := b.get(path)
		sizes = append(sizes, len(page.rows()))
		order = append(order, page.rows()...)
		// R14
		assert.Equal(t, fmt.Sprint(len(page.rows()), " of 450"), page.text("#news .summary"))
		assert.Equal(t, "450", page.attr(`#board [role="grid"]`, "aria-rowcount"), "R40")
		assert.Equal(t, fmt.Sprint(len(order)), page.doc.Find("#board .row").Last().AttrOr("aria-rowindex", ""), "R40")
		path = ""
		if page.has(`a[rel="next"]`) {
			path = page.attr(`a[rel="next"]`, "href")
			assert.Contains(t, path, "after=")
			assert.Contains(t, path, "flag=purple", "the filters go along")
		}
		if path != "" { // what a script puts behind comes in smaller parts
			assert.Equal(t, min(140, 450-len(order)), b.get(path, "HX-Request", "true", "HX-Target", "div#more").all(".row").Length())
		}
		// A poll renews the very page it stands on.
		poll := b.get(page.attr("#poll", "hx-get"), htmx...)
		assert.Equal(t, page.rows(), poll.rows())
	}
	assert.Equal(t, []int{200, 200, 50}, sizes)
	assert.Equal(t, "purple", string(mustFind(h, order[0]).Flag), "an unknown flag stands first")
	for i, id := range order {
		assert.True(t, want[id], "row %d, %s, is there twice or doesn't belong", i, id)
		delete(want, id)
		if i > 0 {
			assert.Negative(t, triage.Compare(mustFind(h, order[i-1]).Alert, mustFind(h, id).Alert), "R1")
		}
	}
	assert.Empty(t, want, "rows that no page showed")

	exactly := b.get("/?flag=orange&flag=gray")
	assert.Len(t, exactly.rows(), 151)
	assert.False(t, exactly.has(`a[rel="next"]`))
}

func mustFind(h *house, id string) triage.Entry {
	h.t.Helper()
	e, ok := h.board.find(triage.AlertID(id))
	assert.True(h.t, ok, id)
	return e
}

func TestContinuingAfterAnAlertThatLeftTheView(t *testing.T) {
	h := newHouse(t)
	for i := range 201 {
		h.board.put(anAlert(triage.AlertID(fmt.Sprintf("a-%03d", i)), triage.FlagRed))
	}
	b := h.as(admin)
	first := b.get("/")
	assert.Len(t, first.rows(), 200)
	last := mustFind(h, first.rows()[199]).Alert
	processed(&last)
	h.board.put(last)

	assert.Len(t, b.get(first.attr(`a[rel="next"]`, "href")).rows(), 1, "its place tells where to go on")
	end := b.get("/?after=" + b.get(first.attr(`a[rel="next"]`, "href")).rows()[0])
	assert.Empty(t, end.rows())
	assert.Equal(t, "0 of 200", end.text("#news .summary"))
}

// A page that shows more than the first rows asks for as many anew.
func TestAsManyRowsAsShown(t *testing.T) {
	h := newHouse(t)
	for i := range 450 {
		h.board.put(anAlert(triage.AlertID(fmt.Sprintf("a-%03d", i)), triage.FlagRed))
	}
	b := h.as(admin)
	for asked, want := range map[string]int{"": 200, "7": 200, "-1": 200, "many": 200, "401": 401, "450": 450, "1000000": 450} {
		list := b.get("/?status=open&rows="+asked, htmx...)
		assert.Len(t, list.rows(), want, asked)
		assert.Equal(t, want < 450, list.has("#more"), asked)
		assert.Equal(t, "450", list.text("#total"))
	}
}

func TestContinuingAfterNothing(t *testing.T) {
	h := newHouse(t)
	ward(h)
	b := h.as(primary)
	unknown := b.get("/?after=nobody")
	assert.Equal(t, http.StatusUnprocessableEntity, unknown.status)
	assert.Contains(t, unknown.text("main"), h.say("invalid.after"))

	foreign := b.get("/?after=red-heart")
	assert.Equal(t, unknown.status, foreign.status, "a foreign alert can't be told from an unknown one")
	assert.Equal(t, strings.ReplaceAll(unknown.body, "nobody", "red-heart"), foreign.body)
}
