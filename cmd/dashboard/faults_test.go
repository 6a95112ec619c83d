package main

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trouble is something wrong with Luscii.
type trouble struct {
	begin func(*ward) time.Time // says since when it has been wrong
	end   func(*ward)
}

// faulty is faults of the sandbox, during which the world moves on.
func faulty(faults string) trouble {
	return trouble{
		begin: func(w *ward) time.Time {
			w.set(faults)
			since := time.Now()
			w.moveOn()
			return since
		},
		end: func(w *ward) { w.set("") },
	}
}

// frozen is a Luscii that takes connections and never says a word.
var frozen = trouble{
	begin: func(w *ward) time.Time { w.freeze(); return time.Now() },
	end: func(w *ward) {
		require.NoError(w.t, w.luscii.signal(syscall.SIGCONT))
		w.moveOn()
	},
}

// gone is a Luscii that isn't there.
var gone = trouble{
	begin: func(w *ward) time.Time { require.NoError(w.t, w.luscii.stop()); return time.Now() },
	end:   func(w *ward) { w.restartLuscii(); w.moveOn() },
}

// What the board says of an outage.
const (
	saysNoAnswer = "Luscii doesn't answer"
	saysRefused  = "Luscii refuses this installation's key"
	saysNoRight  = "this installation's key may not list alerts"
	saysLimit    = "Luscii's limit is reached"
	saysUnread   = "Luscii's answer can't be read"
	saysRejected = "Luscii refuses the request"
	saysOverdue  = "Luscii gives no complete answer in time"
	saysPart     = "Luscii gives only a part of the list"
)

// outages are what keeps today from being confirmed.
var outages = []struct {
	name string
	trouble
	today int      // alerts of today; 0: a few
	says  []string // the reason, one of these
	late  bool     // listings end, but too late to count
}{
	{name: "gone and back", trouble: gone, says: []string{saysNoAnswer}},
	{name: "frozen", trouble: frozen, says: []string{saysOverdue, saysNoAnswer}},
	{name: "500 and 503", trouble: faulty("errors=1"), says: []string{saysNoAnswer}},
	{name: "connections dropped", trouble: faulty("drop-before=0.5,drop-after=1"), says: []string{saysNoAnswer}},
	{name: "429 with Retry-After", trouble: faulty("limited=1,retry-after=1s"), says: []string{saysLimit}},
	{name: "429 without", trouble: faulty("limited=1"), says: []string{saysLimit}},
	{name: "key revoked", trouble: faulty("refused"), says: []string{saysRefused}},
	{name: "key's owner inactive", trouble: faulty("inactive"), says: []string{saysRefused}},
	{name: "key's right taken", trouble: faulty("forbidden"), says: []string{saysNoRight}},
	{name: "bodies too slow", trouble: faulty("slow=1,slow-rate=25000"), today: crowd, late: true, says: []string{saysOverdue}},
	{name: "endless bodies", trouble: faulty("endless=1"), says: []string{saysUnread}},
	{name: "truncated JSON", trouble: faulty("truncated=1"), says: []string{saysUnread, saysNoAnswer}},
	{name: "malformed JSON", trouble: faulty("malformed=1"), says: []string{saysUnread}},
	{name: "HTML error page", trouble: faulty("html=1"), says: []string{saysUnread, saysNoAnswer}},
	{name: "cursor repeated", trouble: faulty("cursor-repeat=1"), today: crowd, says: []string{saysPart}},
	{name: "cursor expired", trouble: faulty("cursor-ttl=1ns"), today: crowd, says: []string{saysRejected}},
}

// Whatever Luscii fails by: the last good board stays, says that it isn't live
// and why, never says that there is nothing, and recovers by itself to what
// Luscii has by then (R6, R12, R52).
func TestOutages(t *testing.T) {
	t.Parallel()
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			w := openWard(t, max(o.today, 3), "")
			w.awaitAllClear()

			w.since, w.late = o.begin(w), o.late
			w.await("NOT LIVE, and why", func(s sight) bool {
				return s.state == "not-live" && slices.Contains(o.says, s.reason)
			})
			assert.Contains(t, w.emptyView(), notKnown)
			assert.Equal(t, http.StatusOK, w.get("/readyz").status)

			w.since = time.Time{}
			o.end(w)
			w.await("live again, and exact", w.exact)
			w.awaitAllClear()
		})
	}
}

// disturbances are what a board gets along with.
var disturbances = []struct {
	name   string
	faults string
	today  int         // alerts of today; 0: a few
	zone   string      // the board's; empty: zoneBehind
	until  func(*ward) // what else comes to be shown meanwhile; may be nil
}{
	{name: "pages shift while read", faults: "shift=3", today: crowd},
	{name: "rows come twice", faults: "duplicates=20", today: crowd},
	{name: "unknown flags, types and statuses", faults: "unknown=1", today: 24, until: (*ward).awaitUnknownValues},
	{name: "clock an hour behind", faults: "skew=-1h"},
	{name: "clock an hour ahead", faults: "skew=1h", zone: "Etc/GMT-1"}, // on which it may be tomorrow already
	{name: "slow answers", faults: "latency=50ms,jitter=100ms"},
	{name: "slow bodies", faults: "slow=1,slow-rate=400000", today: crowd},
	{name: "429 now and then", faults: "limited=0.2"},
	{name: "429 with Retry-After now and then", faults: "limited=0.1,retry-after=1s"},
	{name: "cursor repeated now and then", faults: "cursor-repeat=0.5", today: crowd},
	{name: "a bit of everything", today: crowd, faults: "latency=5ms,errors=0.05,limited=0.05,html=0.05,drop-before=0.05,drop-after=0.05," +
		"malformed=0.05,truncated=0.05,shift=3,duplicates=10"},
}

// What only disturbs leaves the board exact, then and afterwards: what arrives is
// shown, what a colleague processed leaves, nothing else does (R1, R6, R12).
func TestDisturbances(t *testing.T) {
	t.Parallel()
	for _, d := range disturbances {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			w := openWard(t, max(d.today, 3), d.zone)
			f := faulty(d.faults)
			f.begin(w)
			w.await("live and exact all the same", w.exact)
			w.awaitSweeps(3)
			if d.until != nil {
				d.until(w)
			}
			f.end(w)
			w.moveOn()
			w.await("live and exact afterwards", w.exact)
		})
	}
}

// awaitUnknownValues waits until today's alerts are shown as Luscii gives them:
// a value nobody has named yet is marked as unknown and stands there as it came.
func (w *ward) awaitUnknownValues() {
	w.t.Helper()
	given := map[string]apiKind{}
	for _, a := range listAll[apiKind](w.sandbox, http.MethodGet, "/v1/alerts", map[string][]string{"perPage": {"200"}}) {
		given[a.ID] = a
	}
	odd := map[string]int{}
	w.await("unknown values as they came", func(s sight) bool {
		clear(odd)
		for _, r := range s.rows {
			a := given[r.id]
			if !slices.Contains(w.newcomer, r.id) {
				continue // its day comes by within minutes
			}
			for _, v := range []struct{ is, raw, strange string }{
				{r.flag, a.Flag, "violet"}, {r.kind, a.Type, "symptom"}, {r.status, a.Status, "snoozed"},
			} {
				switch {
				case v.raw != v.strange && v.is != v.raw:
					return false
				case v.raw == v.strange && (v.is != "unknown" || !strings.Contains(r.text, v.raw)):
					return false
				case v.raw == v.strange:
					odd[v.raw]++
				}
			}
		}
		return true
	})
	assert.Len(w.t, odd, 3, "some of each: %v", odd)
}

// apiKind is the values of an alert that may be unknown.
type apiKind struct {
	ID     string `json:"id"`
	Flag   string `json:"flag"`
	Type   string `json:"type"`
	Status string `json:"status"`
}

// A board whose Luscii doesn't answer yet lives, says so to who signs in, and is
// whole once Luscii is there. Started again meanwhile, it shows those who are
// signed in no "no alerts", but that nothing is known (R6, R12, R52).
func TestLusciiDownAtStart(t *testing.T) {
	t.Parallel()
	w := newWard(t, 3)
	require.NoError(t, w.luscii.stop())
	folder := t.TempDir()
	w.startBoard(folder, "DASHBOARD_TIMEZONE="+zoneBehind)

	for _, path := range []string{"/livez", "/readyz"} {
		assert.Equal(t, http.StatusOK, w.get(path).status, path)
	}
	who := w.sandbox.personas[admin]
	refused := w.signInWithKey(who.Email, who.Key)
	assert.Equal(t, http.StatusBadGateway, refused.status)
	assert.Contains(t, refused.Find("main").Text(), "Luscii doesn't answer at the moment")
	assert.Equal(t, who.Email, refused.Find("#email").AttrOr("value", ""), "what was typed stays")

	w.restartLuscii()
	w.eventually("signing in works", func() bool { return w.signInWithKey(who.Email, who.Key).status == http.StatusSeeOther })
	w.await("everything is shown", w.exact)

	require.NoError(t, w.luscii.stop())
	require.NoError(t, w.board.stop())
	w.shown = map[string]bool{} // what it showed is nothing to the one that starts
	w.startBoard(folder, "DASHBOARD_TIMEZONE="+zoneBehind)
	w.await("NOT LIVE, and why", func(s sight) bool {
		require.NotEqual(t, "live", s.state)
		require.Contains(t, w.emptyView(), notKnown)
		return s.state == "not-live" && s.reason == saysNoAnswer
	})
	w.restartLuscii()
	w.moveOn()
	w.await("live again, and exact", w.exact)
}
