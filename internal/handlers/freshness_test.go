package handlers_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// confirmedAgo sets how long ago today was confirmed, and the day before.
func confirmedAgo(today, yesterday time.Duration) func(*triage.Snapshot) {
	return func(s *triage.Snapshot) {
		now := time.Now()
		s.Days[0].ConfirmedAt = now.Add(-today)
		s.Days[1].ConfirmedAt = now.Add(-yesterday)
	}
}

// R12
func TestFreshness(t *testing.T) {
	for name, tc := range map[string]struct {
		shape func(*triage.Snapshot)
		state string
	}{
		"just confirmed":   {confirmedAgo(time.Second, time.Second), "live"},
		"two polls missed": {confirmedAgo(2*interval+time.Second, time.Second), "late"},
		"four":             {confirmedAgo(4*interval+time.Second, time.Second), "not-live"},
		"just started": {func(s *triage.Snapshot) {
			s.Started = time.Now()
			s.Days[0].ConfirmedAt = time.Time{}
		}, "unknown"},
		"never confirmed": {func(s *triage.Snapshot) {
			s.Started = time.Now().Add(-time.Hour)
			s.Days[0].ConfirmedAt = time.Time{}
		}, "not-live"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed))
			h.board.shape = tc.shape
			b := h.as(admin)
			for _, page := range []answer{b.get("/"), b.get("/", htmx...), b.get("/alerts/a-1")} {
				assert.Equal(t, tc.state, page.attr("#board", "data-freshness"))
				assert.Equal(t, tc.state, page.attr("#fresh", "data-state"))
				assert.Equal(t, h.say("freshness."+tc.state), page.text("#status .fresh-word"))
				assert.Equal(t, "#i-"+tc.state, page.attr("#status .fresh use", "href"))
				assert.Equal(t, []string{"a-1"}, page.rows(), "the last good board stays")
				today := h.board.Snapshot().Days[0].ConfirmedAt
				if today.IsZero() {
					assert.False(t, page.find("#board").Is("[data-confirmed-at]"))
					assert.Contains(t, page.text("#status"), h.say("freshness.never"))
					assert.Contains(t, page.text("#status"), h.say("freshness.before", dayMonth(h, h.board.days[2])))
				}
			}
		})
	}
}

func dayMonth(h *house, d triage.Day) string {
	h.t.Helper()
	at, err := time.Parse(time.DateOnly, string(d))
	assert.NoError(h.t, err)
	return h.words.Match("en", "").DayMonth(at)
}

// R12: the oldest confirmation among the days that hold shown alerts.
func TestConfirmedAt(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-new", triage.FlagRed), anAlert("a-old", triage.FlagGray))
	e := h.board.entries["a-old"]
	e.Day = h.board.days[1]
	h.board.entries["a-old"] = e
	older := h.board.made.Add(-30 * time.Second)
	h.board.shape = func(s *triage.Snapshot) { s.Days[1].ConfirmedAt = older }
	h.options.Zone = time.FixedZone("there", 5*3600)
	h = h.rebuilt()
	b := h.as(admin)

	page := b.get("/")
	assert.Equal(t, older.UTC().Format(time.RFC3339), page.attr("#board", "data-confirmed-at"))
	said := h.say("freshness.confirmed", older.In(h.options.Zone).Format("15:04:05")) +
		" " + h.say("freshness.today", h.board.made.In(h.options.Zone).Format("15:04:05")) +
		" · " + h.say("freshness.since", dayMonth(h, h.board.days[2]))
	assert.Equal(t, said, page.text("#status .fresh-detail"), "to the second, in the shown zone")
	assert.Equal(t, "60000", page.attr("#status", "data-interval"))

	onlyNew := b.get("/?flag=red")
	assert.Equal(t, h.board.made.UTC().Format(time.RFC3339), onlyNew.attr("#board", "data-confirmed-at"), "days not shown don't count")
	assert.NotContains(t, onlyNew.text("#status .fresh-detail"), "today", "said once is enough")
}

// R6
func TestEmptyStates(t *testing.T) {
	for name, tc := range map[string]struct {
		shape func(*triage.Snapshot)
		query string
		title string
		text  string
	}{
		"complete and live":    {nil, "/", "empty.title", "empty.text"},
		"with a filter":        {nil, "/?flag=red", "empty.title", "empty.filtered"},
		"escalated":            {nil, "/?status=escalated", "empty.title", "empty.text"},
		"two polls missed":     {confirmedAgo(3*interval, time.Second), "/", "empty.unknown", "empty.unknown_text"},
		"four":                 {confirmedAgo(5*interval, time.Second), "/", "empty.unknown", "empty.unknown_text"},
		"a day never read":     {func(s *triage.Snapshot) { s.Days[2].ConfirmedAt = time.Time{} }, "/", "empty.unknown", "empty.unknown_text"},
		"today never read":     {func(s *triage.Snapshot) { s.Days[0].ConfirmedAt = time.Time{} }, "/", "empty.unknown", "empty.unknown_text"},
		"unread with a filter": {func(s *triage.Snapshot) { s.Days[2].ConfirmedAt = time.Time{} }, "/?flag=red", "empty.unknown", "empty.unknown_text"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.board.shape = tc.shape
			b := h.as(admin)
			for _, page := range []answer{b.get(tc.query), b.get(tc.query, htmx...)} {
				assert.Empty(t, page.rows())
				notice := page.text("#board .notice")
				assert.Contains(t, notice, h.say(tc.title))
				if tc.text == "empty.text" {
					assert.Contains(t, notice, h.say(tc.text, dayMonth(h, h.board.days[2])))
				} else {
					assert.Contains(t, notice, h.say(tc.text))
				}
				if tc.title == "empty.unknown" {
					assert.NotContains(t, page.text("#board"), h.say("empty.title"))
				}
			}
		})
	}
}

func TestHalfReadBoard(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.board.shape = func(s *triage.Snapshot) { s.Days[1].ConfirmedAt = time.Time{} }
	page := h.as(admin).get("/")
	assert.Contains(t, page.text("#status"), h.say("freshness.reading", 2, 3))
	assert.True(t, page.has("#status .counts.not-known"), "counts aren't known yet")
	assert.False(t, page.has("#board .notice"), "rows stand for themselves")

	h.board.shape = nil
	assert.False(t, h.as(admin).get("/").has("#status .counts.not-known"))
}

func TestWhyTheBoardIsNotLive(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for kind, key := range map[error]string{
		triage.ErrUnavailable: "cause.unavailable", triage.ErrBusy: "cause.busy", triage.ErrMalformed: "cause.malformed",
		triage.ErrPartial: "cause.partial", triage.ErrKeyRefused: "cause.key", triage.ErrForbidden: "cause.forbidden",
		triage.ErrRejected: "cause.rejected", triage.ErrNotFound: "cause.rejected",
		fmt.Errorf("what nobody knows"): "cause.unavailable",
	} {
		h.board.shape = func(s *triage.Snapshot) { s.LastError = fmt.Errorf("GET /v1/alerts: %w", kind) }
		page := b.get("/")
		assert.Equal(t, h.say(key), page.text("#status .fresh-reason"))
		assert.NotContains(t, page.body, "/v1/alerts", "the cause is for the log")
	}
	h.board.shape = nil
	assert.False(t, b.get("/").has(".fresh-reason"))
}

// R13: a page takes nothing older than what it shows.
func TestVersion(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	version := func(a answer, of string) uint64 {
		n, err := strconv.ParseUint(a.attr(of, "data-version"), 10, 64)
		require.NoError(t, err)
		return n
	}
	first := version(b.get("/"), "#board")
	for _, a := range []answer{b.get("/"), b.get("/", htmx...), b.get("/alerts/a-1")} {
		assert.Equal(t, first, version(a, "#board"), "while nothing happens")
		assert.Equal(t, first, version(a, "#status"))
	}
	done := b.post("/alerts/a-1", decide(h, "a-1", "processed"), htmx...)
	assert.Greater(t, version(done, "#status"), first, "an action shows")
	assert.Equal(t, version(done, "#status"), version(done, ".row"))
	pending := version(b.get("/"), "#board")
	h.outbox.confirm()
	assert.Greater(t, version(b.get("/"), "#board"), pending)
}
