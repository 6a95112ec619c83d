package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

const bornInWords = "14-Jul-1945 ("

func TestRow(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagOrange, ofType(triage.TypeOverdue)))
	page := h.as(admin).get("/")

	row := page.find(`[data-alert-id="a-1"].row`)
	for name, want := range map[string]string{"data-flag": "orange", "data-status": "open", "data-type": "ovd", "data-delivery": "", "id": "a-a-1"} {
		got, ok := row.Attr(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, got, name)
	}
	// R8
	assert.Equal(t, "Saskia van den Berg-de Wit", words(row.Find("a.who:not(.nameless)")))
	assert.Contains(t, words(row), bornInWords)
	assert.Contains(t, words(row), "7001234")
	assert.Contains(t, words(row), h.say("type.ovd")+" · COPD · Thuismeten")
	waits := row.Find("time")
	assert.Regexp(t, anHour, words(waits))
	assert.Equal(t, created.Format(time.RFC3339), waits.AttrOr("datetime", ""))
	assert.False(t, row.Is("[aria-current]"))
	assert.Zero(t, row.Find(".aside").Length())
}

// R2: each is a word and a shape, and every one has its own.
func TestWordAndShape(t *testing.T) {
	h := newHouse(t)
	h.board.put(
		anAlert("a-red", triage.FlagRed, ofType(triage.TypeMeasurement)),
		anAlert("a-orange", triage.FlagOrange, ofType(triage.TypeRemark)),
		anAlert("a-gray", triage.FlagGray, ofType(triage.TypeOverdue)),
		anAlert("a-purple", "purple", ofType(triage.TypeCombination)),
		anAlert("a-esc", triage.FlagRed, escalated), anAlert("a-done", triage.FlagRed, processed),
	)
	b := h.as(admin)
	list := b.get("/")
	shapes := map[string]bool{}
	look := func(in *goquery.Selection, word string) {
		t.Helper()
		assert.Equal(t, word, words(in))
		shape := in.Find("use").AttrOr("href", "")
		assert.Equal(t, 1, list.all("symbol"+shape).Length(), "%s has the shape %q", word, shape)
		assert.False(t, shapes[shape], "%s shares its shape %s", word, shape)
		shapes[shape] = true
	}
	look(list.find("#a-a-red .flag"), "Red")
	look(list.find("#a-a-orange .flag"), "Orange")
	look(list.find("#a-a-gray .flag"), "Gray")
	look(list.find("#a-a-purple .flag"), "Unknown: purple")
	for id, word := range map[string]string{"a-red": "mea", "a-orange": "rem", "a-gray": "ovd", "a-purple": "combination"} {
		page := b.get("/alerts/" + id)
		look(page.find("#detail h3 > .type"), h.say("type."+word))
	}
	for id, status := range map[string]string{"a-red": "open", "a-esc": "escalated", "a-done": "processed"} {
		look(b.get("/alerts/"+id).find("#detail h3 > .state"), h.say("status."+status))
	}
	look(list.find("#status .fresh b"), h.say("freshness.live"))
}

func TestUnknownValues(t *testing.T) {
	h := newHouse(t)
	h.board.put(
		anAlert("a-red", triage.FlagRed),
		anAlert("a-flag", "violet", func(a *triage.Alert) { a.CreatedAt = a.CreatedAt.Add(time.Minute) }),
		anAlert("a-type", triage.FlagRed, ofType("telepathy")),
		anAlert("a-status", triage.FlagGray, func(a *triage.Alert) { a.Status = "snoozed" }),
		anAlert("a-empty", "", ofType("")),
	)
	b := h.as(admin)
	page := b.get("/")

	assert.Equal(t, []string{"a-empty", "a-flag", "a-red", "a-type", "a-status"}, page.rows(), "R1: unknown flags first, the rest by flag; unknown status in the open view")
	assert.Equal(t, "unknown", page.attr("#a-a-flag", "data-flag"))
	assert.Contains(t, page.text("#a-a-flag"), "violet")
	assert.Equal(t, "unknown", page.attr("#a-a-type", "data-type"))
	assert.Contains(t, page.text("#a-a-type"), "telepathy")
	assert.Equal(t, "unknown", page.attr("#a-a-status", "data-status"))
	assert.Contains(t, page.text("#a-a-status .aside.warn"), "snoozed")
	assert.Equal(t, "unknown", page.attr("#a-a-empty", "data-flag"))
	assert.Equal(t, h.say("unknown"), page.text("#a-a-empty .flag"))
	assert.Equal(t, "2", page.text(`[data-count="unknown"]`))
	assert.Equal(t, "2", page.text(`[data-count="red"]`))
	assert.Equal(t, "1", page.text(`[data-count="gray"]`))
	assert.Equal(t, []string{"a-empty", "a-flag"}, b.get("/?flag=unknown").rows())

	for id, raw := range map[string]string{"a-flag": "violet", "a-type": "telepathy", "a-status": "snoozed"} {
		assert.Contains(t, b.get("/alerts/"+id).text("#detail h3:has(.state)"), raw)
	}
}

// R40
func TestRowsAreSmall(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-open", "violet"), anAlert("a-esc", triage.FlagRed, escalated, ofPatient("nobody")), anAlert("a-gone", triage.FlagGray))
	h.board.vanish("a-gone", h.board.made.Add(-time.Hour))
	b := h.as(admin)
	for _, path := range []string{"/", "/?status=escalated"} {
		b.get(path).all("#board .row").Each(func(_ int, row *goquery.Selection) {
			elements := row.Find("*").Not(".aside").Length() + 1
			assert.LessOrEqual(t, elements, 12, row.AttrOr("id", ""))
		})
	}
}

func TestIdentityEverywhere(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	check := func(part string) {
		t.Helper()
		assert.Contains(t, part, "Saskia van den Berg-de Wit") // R8, R10: name parts as given
		assert.Contains(t, part, bornInWords)
		assert.Contains(t, part, "7001234")
	}
	page := b.get("/alerts/a-1")
	check(page.text("#a-a-1"))
	check(page.text("#detail > .banner"))
	check(page.text("#ask .banner"))
	assert.Contains(t, page.text("#detail > .banner"), h.say("sex.female"))
	check(b.get("/alerts/a-1", htmx...).text("#detail > .banner"))
	check(b.get("/alerts/a-1/escalate").text("main > .banner"))
	done := b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	check(b.get(done.location()).text(".toast"))
}

func TestUnknownName(t *testing.T) {
	h := newHouse(t)
	h.names.patient(triage.Patient{ID: "p-bare"})
	h.board.put(anAlert("a-1", triage.FlagRed, ofPatient("p-nobody")), anAlert("a-2", triage.FlagRed, ofPatient("p-bare")))
	b := h.as(admin)
	list := b.get("/")
	assert.Equal(t, h.say("patient.name_unknown", "p-nobody"), list.text("#a-a-1 a.who.nameless"))
	assert.Contains(t, list.text("#a-a-1 a.who"), "p-nobody")
	assert.Contains(t, list.text("#a-a-1 .line"), h.say("patient.not_known"))
	assert.Equal(t, h.say("patient.name_unknown", "p-bare"), list.text("#a-a-2 a.who.nameless"))
	assert.Contains(t, list.text("#a-a-2 .line"), h.say("patient.born_unknown"))
	assert.Contains(t, list.text("#a-a-2 .line"), h.say("patient.number_unknown"))
	assert.Contains(t, b.get("/alerts/a-1").text("#detail > .banner"), "p-nobody")
	assert.Contains(t, b.get("/alerts/a-2").text("#detail > .banner"), h.say("not_given"), "sex")

	// Acting is never refused for it, and the toast says whom by the id.
	done := b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	assert.Equal(t, http.StatusSeeOther, done.status)
	assert.Contains(t, b.get(done.location()).text(".toast"), "p-nobody")
}

func TestWhoActedOnARow(t *testing.T) {
	h := newHouse(t)
	at := time.Now().UTC()
	h.board.put(
		anAlert("a-known", triage.FlagRed, escalated, func(a *triage.Alert) { a.EscalatedAt = at }),
		anAlert("a-id", triage.FlagRed, escalated, func(a *triage.Alert) { a.EscalatedBy = "h-nobody" }),
		anAlert("a-nobody", triage.FlagRed, escalated, func(a *triage.Alert) { a.EscalatedBy = "" }),
		anAlert("a-never", triage.FlagRed, escalated, func(a *triage.Alert) { a.EscalatedAt = time.Time{} }),
		anAlert("a-done", triage.FlagGray, processed),
	)
	b := h.as(admin)
	page := b.get("/?status=escalated")
	assert.Equal(t, fmt.Sprintf("Escalated · by Anna de Vries · today %s", at.Format("15:04")), page.text("#a-a-known .aside"))
	assert.Contains(t, page.text("#a-a-id .aside"), "by user h-nobody")
	assert.Contains(t, page.text("#a-a-nobody .aside"), h.say("by.unknown"))
	assert.Equal(t, "Escalated · by Anna de Vries", page.text("#a-a-never .aside"))
	assert.Contains(t, b.get("/?status=processed").text("#a-a-done .aside"), "Processed · by Anna de Vries")
}

func TestVanishedAlertStays(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	since := h.board.made.Add(-26 * time.Hour)
	h.board.vanish("a-1", since)
	b := h.as(admin)
	said := "not confirmed since " + h.words.Match("en", "").Moment(since.UTC(), time.Now())
	assert.Equal(t, said, b.get("/").text("#a-a-1 .aside.warn"))
	page := b.get("/alerts/a-1")
	assert.Contains(t, page.text("#detail > .notice.conflict"), said)
	assert.Contains(t, page.text("#detail > .notice.conflict"), h.say("failed.gone"))
	assert.True(t, page.has("form#act"), "and can be acted on")

	h.board.put(anAlert("a-2", triage.FlagRed, func(a *triage.Alert) { a.Status = "snoozed" }))
	h.board.vanish("a-2", since)
	assert.Equal(t, said+" · Unknown: snoozed", b.get("/").text("#a-a-2 .aside.warn"), "what is unknown is shown all the same")
}

func TestNamesWithoutAWord(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed, inGroup("g-new"), func(a *triage.Alert) { a.Program = "pr-new" }),
		anAlert("a-2", triage.FlagRed, func(a *triage.Alert) { a.Program = "" }))
	page := h.as(admin).get("/")
	assert.Contains(t, page.text("#a-a-1 .what"), "g-new · pr-new", "the id where no name is known")
	assert.True(t, strings.HasSuffix(page.text("#a-a-2 .what"), "· COPD"))
}
