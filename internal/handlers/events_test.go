package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// told is one event of a stream.
type told struct{ name, id, data string }

func (e told) doc(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(e.data))
	require.NoError(t, err)
	return doc
}

// moves are an event's rows, each as "id move".
func (e told) moves(t *testing.T) []string {
	t.Helper()
	return e.doc(t).Find(".row").Map(func(_ int, s *goquery.Selection) string {
		return s.AttrOr("data-alert-id", "") + " " + s.AttrOr("data-move", "")
	})
}

// listener is somebody who holds an event stream open.
type listener struct {
	t      *testing.T
	status int
	header http.Header
	events chan told // closed at the stream's end
	close  context.CancelFunc
}

// listen opens an event stream.
func (b *browser) listen(query string, headers ...string) *listener {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+b.base+"/events"+query, nil)
	require.NoError(b.t, err)
	r.Header.Set("Accept-Language", b.headers.Get("Accept-Language"))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	l := &listener{t: b.t, status: response.StatusCode, header: response.Header, events: make(chan told, 1000), close: cancel}
	b.t.Cleanup(cancel)
	go func() {
		defer close(l.events)
		defer func() { _ = response.Body.Close() }()
		var e told
		var data []string
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				data = append(data, value)
			case "":
				e.data = strings.Join(data, "\n")
				l.events <- e
				e, data = told{}, nil
			}
		}
	}()
	return l
}

// next is the next event of that name; all before it are passed over.
func (l *listener) next(name string) told {
	l.t.Helper()
	within := time.After(30 * time.Second)
	var others []string
	for {
		select {
		case e, ok := <-l.events:
			require.True(l.t, ok, "the stream ended before %q; it said %v", name, others)
			if e.name == name {
				return e
			}
			others = append(others, e.name)
		case <-within:
			require.Fail(l.t, "nothing was said", "waiting for %q; it said %v", name, others)
		}
	}
}

// ends waits until the stream ends, and answers what it said last.
func (l *listener) ends() told {
	l.t.Helper()
	var last told
	within := time.After(30 * time.Second)
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				return last
			}
			last = e
		case <-within:
			require.Fail(l.t, "the stream doesn't end")
		}
	}
}

func TestStreamBegins(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	l := h.as(admin).listen("")
	assert.Equal(t, http.StatusOK, l.status)
	assert.Equal(t, "text/event-stream", l.header.Get("Content-Type"))
	assert.Contains(t, l.header.Get("Cache-Control"), "no-store")
	assert.Empty(t, l.header.Get("Set-Cookie"), "a stream never writes the session")
	beat := l.next("heartbeat")
	at, err := time.Parse(time.RFC3339Nano, beat.data)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), at, time.Minute)
	assert.NotEmpty(t, beat.id)
	fresh := l.next("freshness").doc(t)
	assert.Equal(t, "live", fresh.Find("#fresh").AttrOr("data-state", ""))
	assert.NotEmpty(t, fresh.Find("#fresh").AttrOr("data-confirmed-at", ""))
	counts := l.next("counts").doc(t)
	assert.Equal(t, "1", counts.Find(`[data-count="red"]`).Text())
	assert.Equal(t, "1", counts.Find("#total").Text())
	assert.Equal(t, "1", counts.Find("#n-open").Text())
}

// What changes is told, with what it means for each viewer's own list, and
// nothing else is.
func TestStreamTellsWhatChanges(t *testing.T) {
	h := newHouse(t)
	mine, foreign := anAlert("a-1", triage.FlagRed), anAlert("a-heart", triage.FlagRed, inGroup("g-heart"))
	h.board.put(mine, foreign)
	all, reds, copd := h.as(admin).listen(""), h.as(admin).listen("?flag=red"), h.as(primary).listen("")
	for _, l := range []*listener{all, reds, copd} {
		l.next("counts")
	}

	h.board.put(anAlert("a-2", triage.FlagOrange))
	assert.Equal(t, []string{"a-2 new"}, all.next("rows").moves(t))
	assert.Equal(t, []string{"a-2 new"}, copd.next("rows").moves(t))

	foreign.Type = triage.TypeRemark
	h.board.put(foreign)
	assert.Equal(t, []string{"a-heart update"}, all.next("rows").moves(t))
	assert.Equal(t, []string{"a-heart update"}, reds.next("rows").moves(t))
	foreign.Flag = triage.FlagGray
	h.board.put(foreign)
	assert.Equal(t, []string{"a-heart new"}, all.next("rows").moves(t), "in another place")
	assert.Equal(t, []string{"a-heart leave"}, reds.next("rows").moves(t), "and nothing of the orange one before")

	processed(&mine)
	h.board.put(mine)
	for name, l := range map[string]*listener{"all": all, "reds": reds, "copd": copd} {
		e := l.next("rows")
		assert.Equal(t, []string{"a-1 leave"}, e.moves(t), name)
		row := e.doc(t).Find(".row")
		assert.Equal(t, "processed", row.AttrOr("data-status", ""), name)
		assert.Contains(t, row.Find(".aside").Text(), "Anna de Vries", "by whom (R37)")
		assert.Less(t, len(e.data), 1024, "a changed row costs less than a kilobyte")
	}
	h.board.remove("a-2")
	assert.Equal(t, []string{"a-2 leave"}, all.next("rows").moves(t))
	h.board.vanish("a-heart", time.Now().Add(-time.Hour))
	assert.Contains(t, all.next("rows").doc(t).Find(".aside.warn").Text(), "not confirmed since")
}

// R5
func TestStreamCounts(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	l := h.as(primary).listen("?flag=orange")
	assert.Equal(t, "1", l.next("counts").doc(t).Find(`[data-count="red"]`).Text())
	h.board.put(anAlert("a-2", triage.FlagRed), anAlert("a-3", triage.FlagRed, inGroup("g-heart")))
	doc := l.next("counts").doc(t)
	assert.Equal(t, "2", doc.Find(`[data-count="red"]`).Text())
	assert.Equal(t, "0", doc.Find("#total").Text())
	assert.Contains(t, doc.Find(".outside").Text(), "2")
}

func TestStreamGoesOnWhereItStopped(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	page := b.get("/")
	l := b.listen(strings.TrimPrefix(page.attr("#news", "data-stream"), "/events"))
	seen := l.next("heartbeat").id
	h.board.put(anAlert("a-1", triage.FlagRed))
	one := l.next("rows")
	l.close()
	h.board.put(anAlert("a-2", triage.FlagRed))
	h.board.put(anAlert("a-3", triage.FlagRed))

	again := b.listen("", "Last-Event-ID", one.id)
	assert.Equal(t, []string{"a-2 new"}, again.next("rows").moves(t))
	assert.Equal(t, []string{"a-3 new"}, again.next("rows").moves(t))
	assert.Equal(t, "3", again.next("counts").doc(t).Find("#total").Text(), "counted once")
	h.board.remove("a-3")
	assert.Equal(t, []string{"a-3 leave"}, again.next("rows").moves(t))

	fromStart := b.listen("?since="+seen, "Accept-Language", "nl")
	assert.Equal(t, []string{"a-1 new"}, fromStart.next("rows").moves(t))
	fromPage := b.listen(strings.TrimPrefix(page.attr("#news", "data-stream"), "/events"))
	assert.Equal(t, []string{"a-1 new"}, fromPage.next("rows").moves(t), "a page's first stream misses nothing since the page was made")
}

// A reader that was away too long, or comes from another process, looks at the
// whole anew.
func TestStreamSaysReload(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for _, id := range []string{"1", "18446744073709551615", "nonsense"} {
		assert.NotEmpty(t, b.listen("", "Last-Event-ID", id).next("reload").id, id)
	}
	l := b.listen("")
	l.next("counts")
	var many []triage.Alert
	for i := range 201 {
		many = append(many, anAlert(triage.AlertID(fmt.Sprint("m-", i)), triage.FlagGray))
	}
	h.board.put(many...)
	l.next("reload")
	assert.Equal(t, "201", l.next("counts").doc(t).Find("#total").Text())
	h.board.put(anAlert("a-1", triage.FlagRed))
	assert.Equal(t, []string{"a-1 new"}, l.next("rows").moves(t), "and goes on")
}

// The same bytes serve every viewer, in page and stream, but for what the page
// says of them.
func TestARowIsTheSameForEverybody(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed, processed))
	one, other := h.as(admin).listen("?status=processed"), h.as(primary).listen("?status=processed&flag=red&group=g-copd")
	one.next("counts")
	other.next("counts")
	h.board.put(anAlert("a-1", triage.FlagRed, processed, ofType(triage.TypeRemark)))
	first, second := one.next("rows"), other.next("rows")
	assert.Equal(t, first.data, second.data)
	inPage, err := h.as(viewer).get("/?status=processed").doc.Find("#board .row").First().Html()
	require.NoError(t, err)
	inStream, err := first.doc(t).Find(".row").Html()
	require.NoError(t, err)
	assert.Equal(t, inStream, inPage)
}

// Nor do the bytes made for one who may see what an alert became reach one who
// may only see what it was.
func TestALeavingRowTellsNobodyTooMuch(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	all, former := h.as(admin).listen("?group=g-copd"), h.as(primary).listen("")
	all.next("counts")
	former.next("counts")
	h.board.put(anAlert("a-1", triage.FlagRed, inGroup("g-heart")))
	for range 2 { // whoever is first
		assert.Contains(t, all.next("rows").data, "Hartfalen")
		left := former.next("rows")
		assert.Equal(t, []string{"a-1 leave"}, left.moves(t))
		assert.NotContains(t, left.data, "Hartfalen")
		h.board.put(anAlert("a-1", triage.FlagRed))
		former.next("rows")
		all.next("rows")
		h.board.put(anAlert("a-1", triage.FlagRed, inGroup("g-heart")))
	}
}

func TestStreamSpeaksTheViewersLanguage(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	b.headers.Set("Accept-Language", "nl")
	l := b.listen("")
	l.next("counts")
	h.board.put(anAlert("a-1", triage.FlagRed))
	assert.Equal(t, "Rood", strings.TrimSpace(l.next("rows").doc(t).Find(".flag").Text()))
}

// A name can hold anything; it must not end a line of the stream and begin one
// of its own. R25, R26
func TestStreamTakesAnyName(t *testing.T) {
	h := newHouse(t)
	h.names.patient(triage.Patient{ID: "p-odd", FirstName: "Eva\r\n\ndata: <b>", LastName: "event: signed-out", Number: "1"})
	h.names.groups["g-odd"] = "line\rbreak\nevent: reload\n\n"
	l := h.as(admin).listen("")
	l.next("counts")
	h.board.put(anAlert("a-odd", triage.FlagRed, ofPatient("p-odd"), inGroup("g-odd")))
	row := l.next("rows").doc(t).Find(".row")
	assert.Equal(t, 1, row.Length())
	assert.Contains(t, row.Find(".who").Text(), "event: signed-out")
	h.board.put(anAlert("a-2", triage.FlagRed))
	assert.Equal(t, []string{"a-2 new"}, l.next("rows").moves(t))
}

// Names that become known are told, those of the patients concerned only.
func TestStreamTellsNames(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed, ofPatient("p-new")), anAlert("a-2", triage.FlagRed))
	l := h.as(admin).listen("")
	l.next("counts")
	h.names.patient(triage.Patient{ID: "p-new", FirstName: "Els", LastName: "Kok", Number: "9"})
	h.server.Renamed(map[triage.PatientID]bool{"p-new": true}, false)
	e := l.next("rows")
	assert.Equal(t, []string{"a-1 update"}, e.moves(t))
	assert.Contains(t, e.data, "Els Kok")
	h.names.change(func() { h.names.groups["g-copd"] = "Longen" })
	h.server.Renamed(nil, true)
	assert.Equal(t, []string{"a-1 update", "a-2 update"}, l.next("rows").moves(t))
}

func TestStreamTellsFreshness(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Interval = 40 * time.Millisecond })
	l := h.as(admin).listen("")
	assert.Equal(t, "live", l.next("freshness").doc(t).Find("#fresh").AttrOr("data-state", ""))
	h.board.change(func() {
		h.board.shape = func(s *triage.Snapshot) { s.Interval, s.LastError = time.Millisecond, triage.ErrBusy }
	})
	doc := l.next("freshness").doc(t)
	assert.Equal(t, "not-live", doc.Find("#fresh").AttrOr("data-state", ""))
	assert.Contains(t, doc.Find(".fresh-reason").Text(), h.say("cause.busy"))
	assert.NotEmpty(t, doc.Find("#fresh").AttrOr("data-version", ""), "R13")
}

// R22, R23: a stream is no activity, and doesn't outlive its session.
func TestStreamEndsWithTheSession(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Interval = 20 * time.Millisecond })
	b := h.as(primary)
	l := b.listen("")
	l.next("heartbeat")
	b.post("/signout", url.Values{})
	assert.Equal(t, "signed-out", l.ends().name)
	assert.Equal(t, http.StatusUnauthorized, b.listen("").status)
}

// Whoever may see less by now isn't told more than that.
func TestStreamEndsWhenRightsChange(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Interval = 20 * time.Millisecond })
	b := h.as(primary)
	l := b.listen("")
	l.next("heartbeat")
	moved := primary
	moved.Groups = "Hartfalen"
	h.names.change(func() { h.names.hcps[primary.ID] = moved })
	assert.Equal(t, "reload", l.ends().name)
}

// On a shared computer the browser sends the session of whoever signed in last:
// a page made for another gets nothing under it, and does nothing.
func TestAPageOfAnotherUser(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	page := b.get("/")
	mine := page.attr("body", "data-as")
	require.NotEmpty(t, mine)
	assert.NotContains(t, mine, string(primary.ID))
	stream := strings.TrimPrefix(page.attr("#news", "data-stream"), "/events")
	assert.Equal(t, http.StatusOK, b.listen(stream).status)

	b.post("/signin", url.Values{"persona": {string(admin.ID)}})
	assert.NotEqual(t, mine, b.get("/").attr("body", "data-as"))
	assert.Equal(t, http.StatusUnauthorized, b.listen(stream).status)
	for _, refused := range []answer{
		b.get("/", "HX-Request", "true", "X-As", mine),
		b.get("/alerts/a-1", "HX-Request", "true", "X-As", mine),
		b.post("/alerts/a-1", decide(h, "a-1", "processed"), "HX-Request", "true", "X-As", mine),
		b.post("/alerts/a-1/draft", typed("", "van een ander"), "HX-Request", "true", "X-As", mine),
	} {
		assert.Equal(t, http.StatusUnauthorized, refused.status)
		assert.Contains(t, refused.text(".notice"), h.say("error.other_user_text"))
		assert.NotContains(t, refused.body, "Saskia")
	}
	assert.Empty(t, h.actions.calls)
	assert.Equal(t, http.StatusOK, h.as(primary).get("/", "HX-Request", "true", "X-As", mine).status, "signed in anew, they go on")
}

func TestStreamsEndWithTheProgram(t *testing.T) {
	h := newHouse(t)
	l := h.as(admin).listen("")
	l.next("counts")
	h.server.StopStreams()
	h.server.StopStreams()
	l.ends()
}

// The server's limits on requests are none on streams.
func TestStreamOutlivesTheRequestsLimits(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Interval = 20 * time.Millisecond })
	b := h.as(admin)
	limited := httptest.NewUnstartedServer(h.server.Handler())
	limited.Config.ReadTimeout, limited.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	limited.Start()
	t.Cleanup(limited.Close)
	here, err := url.Parse(b.server.URL)
	require.NoError(t, err)
	there, err := url.Parse(limited.URL)
	require.NoError(t, err)
	b.client.Jar.SetCookies(there, b.client.Jar.Cookies(here))
	b.server = limited

	l := b.listen("")
	begun := time.Now()
	for time.Since(begun) < 400*time.Millisecond {
		l.next("heartbeat")
	}
	l.close()
}

func TestHeadOfAStreamEnds(t *testing.T) {
	b := newHouse(t).as(admin)
	response, err := b.client.Head(b.server.URL + "/events")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
}

func TestStreamRefusesAWrongFilter(t *testing.T) {
	assert.Equal(t, http.StatusUnprocessableEntity, newHouse(t).as(admin).listen("?status=done").status)
}

// One that reads nothing delays nobody, and is cut off.
func TestAStuckStreamDelaysNobody(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for range 5 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+"/events", nil)
		require.NoError(t, err)
		stuck, err := b.client.Do(r) // its body is never read
		require.NoError(t, err)
		t.Cleanup(func() { _ = stuck.Body.Close() })
	}
	l := b.listen("")
	l.next("counts")
	for i := range 2_000 {
		h.board.put(anAlert("a-1", triage.FlagRed, func(a *triage.Alert) { a.UpdatedAt = created.Add(time.Duration(i) * time.Second) }))
	}
	h.board.put(anAlert("a-last", triage.FlagGray))
	for {
		if e := l.next("rows"); e.moves(t)[0] == "a-last new" {
			return
		}
	}
}
