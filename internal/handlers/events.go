package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/feed"
	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// The pace of an event stream. The heartbeat is the contract's, the rest ours.
const (
	heartbeatEvery = 10 * time.Second // sooner where the board polls oftener
	// numbersEvery is the least time between two tellings of counts and freshness,
	// which differ by viewer and so are made for each.
	numbersEvery = 250 * time.Millisecond
	// writeWithin is how long a reader may leave what is written to it unread.
	// Then the stream is cut; the page comes back and is told what it missed. It is
	// longer than a heartbeat, since HTTP/2 cuts a stream then even while nothing is
	// written.
	writeWithin = 3 * heartbeatEvery
	// boundEvery is how much of that may have gone already when a write begins.
	boundEvery = time.Second
)

// events is the stream of what changes in one viewer's list: never the list
// itself. It goes on behind Last-Event-ID, for a page's first stream behind
// "since"; where that is too long ago it says "reload". It ends with
// "signed-out" when the session does.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	q, err := s.query(r)
	if err != nil {
		return err
	}
	snap, at, _ := s.live.now()
	sel := s.selection(q, time.Now())
	st := &stream{
		s: s, l: s.words(r), r: r, actor: s.actor(r), query: q, sel: sel,
		out: http.NewResponseController(w), w: w, at: at, tally: triage.NewTally(snap, s.actor(r), sel),
	}
	since := at
	if name := firstOf(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("since")); name != "" {
		since, _ = strconv.ParseUint(name, 10, 64) // what is no number is as one from too long ago
	}

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // proxies that read it pass each event on at once
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := st.run(since); err != nil {
		// Nothing can be answered any more. Mostly the page has gone.
		s.Log.Debug("an event stream ended", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
	}
	return nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// stream is one page's event stream.
type stream struct {
	s     *Server
	l     *i18n.Locale
	r     *http.Request
	actor triage.Actor
	query triage.Query
	sel   *triage.Selection // the query as it is settled now
	out   *http.ResponseController
	w     io.Writer

	tally *triage.Tally
	at    uint64 // the happening counted last
	told  struct {
		numbers       numbers
		counts, fresh []byte
		at            time.Time
		followed      time.Time // when they were looked at last because something happened
	}
	buf     bytes.Buffer // what is to be sent next
	bounded time.Time    // when the time for writing was last set
}

// run tells what happened after since, and then what happens, until the page
// goes, the session ends or the program stops.
func (st *stream) run(since uint64) error {
	missed, _, ok := st.s.live.happened.After(since)
	if ok {
		for _, item := range missed {
			if item.Version > st.at {
				break // still to come
			}
			if item.What.whole {
				st.event("reload", item.Version, []byte("much"))
				continue
			}
			// Its numbers are in the tally already; only the list's moves count.
			if err := st.tell(st.s.scribe(st.l), item, st.tally.Moves(item.What.delta)); err != nil {
				return err
			}
		}
	} else {
		st.event("reload", st.at, []byte("behind"))
	}
	if err := st.beat(); err != nil {
		return err
	}

	// One clock for all that comes with time, since what is waited for is most of
	// what an event costs beside being written. So that the page has gone is noticed
	// by that clock, too.
	look := time.NewTicker(numbersEvery)
	defer look.Stop()
	looksABeat := max(1, int(min(heartbeatEvery, st.s.Interval)/numbersEvery))
	looks := 0
	for inTurn := true; ; {
		items, more, ok := st.s.live.happened.After(st.at)
		if st.s.isStopping() { // asked after "more" is had, or the waking could be missed
			return nil
		}
		if err := st.follow(items, ok, inTurn); err != nil {
			return err
		}
		inTurn = false
		select {
		case <-more:
		case <-look.C:
			inTurn = true
			if err := context.Cause(st.r.Context()); err != nil {
				return err
			}
			if looks++; looks%looksABeat > 0 {
				continue
			}
			if gone, err := st.gone(); err != nil || gone {
				return err
			}
			st.settle(time.Now())
			if err := st.beat(); err != nil {
				return err
			}
		}
	}
}

// follow tells of the happenings and of what they led to. The numbers, which also
// change by themselves, are looked at in their turn, and at once when something
// happens, but not each time when much does.
func (st *stream) follow(items []feed.Item[*happening], complete, inTurn bool) error {
	v := st.s.scribe(st.l)
	if !complete { // slower than the world for too long
		st.anew("behind")
	}
	for _, item := range items {
		if item.What.whole {
			st.anew("much")
			break // what else there is, is counted
		}
		moved := st.tally.Apply(item.What.delta)
		st.at = item.Version
		if err := st.tell(v, item, moved); err != nil {
			return err
		}
	}
	if inTurn || v.now.Sub(st.told.followed) >= numbersEvery {
		if err := st.tellNumbers(v); err != nil {
			return err
		}
		if !inTurn {
			st.told.followed = v.now
		}
	}
	return st.flush(v.now)
}

// anew counts the newest snapshot and has the page look at its list, instead of
// going on from change to change.
func (st *stream) anew(why string) {
	snap, at, _ := st.s.live.now()
	st.tally, st.at = triage.NewTally(snap, st.actor, st.sel), at
	st.event("reload", at, []byte(why))
}

// tell puts the moves of one happening into one event.
func (st *stream) tell(v scribe, item feed.Item[*happening], moved []triage.Moved) error {
	if len(moved) == 0 {
		return nil
	}
	if err := st.s.auditStreamed(st.r, st.actor, st.query, moved); err != nil {
		return err
	}
	st.begin("rows", item.Version)
	for _, m := range moved {
		line, err := item.What.line(v, m)
		if err != nil {
			return err
		}
		st.buf.Write(line)
	}
	st.buf.WriteByte('\n')
	return nil
}

// moveAttributes tell the page what a row's change means for its list, and of
// which snapshot the row is, so that an older answer doesn't replace it (R13).
func moveAttributes(m triage.Move, version uint64) string {
	return ` data-move="` + string(m) + `"` + versionAttribute(version)
}

// versionAttribute tells the page of which snapshot something is.
func versionAttribute(version uint64) string {
	return ` data-version="` + strconv.FormatUint(version, 10) + `"`
}

// numbers is all that counts and freshness are made from.
type numbers struct {
	counts                     triage.Counts
	total, outside, unfinished int
	open, escalated, processed int
	state                      triage.Freshness
	confirmed, today           time.Time
	since                      triage.Day
	daysRead, daysTotal        int
	reason                     string
	day                        triage.Day // today's date: a confirmation of another day is told with its own
}

// tellNumbers tells counts and freshness where they differ from what was told.
func (st *stream) tellNumbers(v scribe) error {
	if v.now.Sub(st.told.at) < numbersEvery {
		return nil
	}
	snap, _, version := st.s.live.now()
	f, t := snap.Freshness(v.now, st.tally.Days()), st.tally
	now := numbers{
		t.Counts, t.Total, t.Outside, len(st.s.Outbox.Unfinished(st.actor.ID)), t.View(triage.StatusOpen), t.View(triage.StatusEscalated), t.View(triage.StatusProcessed),
		f.State, f.ConfirmedAt, f.TodayAt, f.Since, f.DaysRead, f.DaysTotal, "", triage.DayOf(v.now, v.s.Zone),
	}
	if f.Reason != nil {
		now.reason = causeWord(v.l, f.Reason)
	}
	if now == st.told.numbers {
		return nil
	}
	if was := st.told.numbers.day; was != "" && was != now.day {
		st.event("reload", 0, []byte("day")) // rows say "today" of what was yesterday
	}
	st.told.numbers, st.told.at = now, v.now

	status := v.status(st.query, t, f, now.unfinished, version)
	fresh, err := st.html(templates.Freshness(st.l, status))
	if err != nil {
		return err
	}
	if !bytes.Equal(fresh, st.told.fresh) {
		st.told.fresh = fresh
		st.event("freshness", 0, versioned(fresh, version))
	}
	counts, err := st.html(templates.Counts(st.l, status), templates.Totals(st.l, status), templates.Unfinished(status))
	if err != nil {
		return err
	}
	if !bytes.Equal(counts, st.told.counts) {
		st.told.counts = counts
		st.event("counts", 0, versioned(counts, version))
	}
	return nil
}

// versioned adds to the first tag which snapshot the markup was made of, so that
// a page takes nothing older afterwards (R13). It isn't part of what is compared:
// a new version that says the same isn't told.
func versioned(html []byte, version uint64) []byte {
	i := bytes.IndexByte(html, ' ')
	return slices.Concat(html[:i], []byte(versionAttribute(version)), html[i:])
}

func (st *stream) html(parts ...templ.Component) ([]byte, error) {
	var out bytes.Buffer
	for _, part := range parts {
		if err := part.Render(context.WithoutCancel(st.r.Context()), &out); err != nil {
			return nil, fmt.Errorf("render an event: %w", err)
		}
	}
	return out.Bytes(), nil
}

// beat says that the stream lives, what time it is here, and how far it told.
func (st *stream) beat() error {
	now := time.Now()
	st.event("heartbeat", st.at, []byte(now.UTC().Format(time.RFC3339Nano)))
	return st.flush(now)
}

// gone looks whether the session is still there, unchanged. Being told things
// is no activity: the session isn't touched.
func (st *stream) gone() (bool, error) {
	actor, ok, err := st.s.Auth.Look(st.r)
	if err != nil {
		return false, err
	}
	switch {
	case !ok:
		st.event("signed-out", 0, []byte("signed-out"))
	case !actor.SameScope(st.actor):
		st.event("reload", 0, []byte("scope"))
	default:
		return false, nil
	}
	return true, st.flush(time.Now())
}

// begin starts an event; a number of zero leaves the reader's as it is.
func (st *stream) begin(name string, number uint64) {
	head := append(st.buf.AvailableBuffer(), "event: "...)
	head = append(head, name...)
	if number > 0 {
		head = strconv.AppendUint(append(head, "\nid: "...), number, 10)
	}
	st.buf.Write(append(head, '\n'))
}

func (st *stream) event(name string, number uint64, data []byte) {
	st.begin(name, number)
	st.buf.WriteString("data: ")
	_, _ = lines{&st.buf}.Write(data) // a buffer takes everything
	st.buf.WriteString("\n\n")
}

// flush sends what was put together by now. Whoever doesn't take it in time is cut
// off.
func (st *stream) flush(now time.Time) error {
	if st.buf.Len() == 0 {
		return nil
	}
	if now.Sub(st.bounded) >= boundEvery {
		if err := st.out.SetWriteDeadline(now.Add(writeWithin)); err != nil {
			return fmt.Errorf("bound a stream's write: %w", err)
		}
		st.bounded = now
	}
	if _, err := st.buf.WriteTo(st.w); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	st.buf.Reset()
	if err := st.out.Flush(); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	return nil
}

// lines writes text into an event's data: a line break in it, which would end
// the event's field, becomes one between two lines of data.
type lines struct{ out *bytes.Buffer }

func (l lines) Write(p []byte) (int, error) {
	rest := p
	for {
		i := bytes.IndexAny(rest, "\r\n")
		if i < 0 {
			l.out.Write(rest)
			return len(p), nil
		}
		l.out.Write(rest[:i])
		l.out.WriteString("\ndata: ")
		rest = rest[i+1:]
	}
}
