package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
)

// What the page says where it shows no alerts: that there are none, or that
// this isn't known.
const (
	allClear = "No alerts in this view"
	notKnown = "Not known yet"
)

// sight is the open view as one look found it.
type sight struct {
	version   int
	state     string // live, late, not-live or unknown
	reason    string // why, in words
	notice    string // what stands in the place of rows
	confirmed time.Time
	rows      []sightedRow // of all pages
	complete  bool         // every day of the window has been read
}

// sightedRow is what the tests look at of a row.
type sightedRow struct {
	id, flag, status, kind string // as the attributes have them
	at                     string // when the alert was created
	text                   string
}

// look reads the open view and checks what holds at any time.
func (w *ward) look() sight {
	w.t.Helper()
	asked := time.Now()
	s := w.read()
	w.assertNothingMissing(s)
	w.assertOrder(s)
	w.assertTruthful(asked, s)
	require.NotContains(w.t, s.notice, allClear, "there is always something open") // R6
	for _, r := range s.rows {
		w.shown[r.id] = true
	}
	return s
}

// read reads the open view, all its pages.
func (w *ward) read() sight {
	w.t.Helper()
	var s sight
	for path := "/"; path != ""; {
		page := w.get(path)
		require.Equal(w.t, http.StatusOK, page.status, page.body)
		board := page.Find("#board")
		s.notice += board.Find(".notice").Text()
		board.Find(".row").Each(func(_ int, row *goquery.Selection) {
			attr := func(name string) string { return row.AttrOr(name, "") }
			s.rows = append(s.rows, sightedRow{
				attr("data-alert-id"), attr("data-flag"), attr("data-status"), attr("data-type"),
				row.Find("time").AttrOr("datetime", ""), row.Text(),
			})
		})
		if path == "/" {
			var err error
			s.version, err = strconv.Atoi(board.AttrOr("data-version", ""))
			require.NoError(w.t, err)
			s.state, s.complete = board.AttrOr("data-freshness", ""), complete(page)
			s.reason = strings.TrimSpace(page.Find("#status .fresh-reason").Text())
			if at := board.AttrOr("data-confirmed-at", ""); at != "" {
				s.confirmed, err = time.Parse(time.RFC3339, at)
				require.NoError(w.t, err)
			}
		}
		path = page.Find("#board a[rel=next]").AttrOr("href", "")
	}
	return s
}

// assertNothingMissing: no alert that was ever shown leaves the list while
// Luscii has it open (R6, R12), and none stands there twice.
func (w *ward) assertNothingMissing(s sight) {
	w.t.Helper()
	there := map[string]bool{}
	for _, r := range s.rows {
		require.False(w.t, there[r.id], "%s is listed twice", r.id)
		there[r.id] = true
	}
	for id := range w.shown {
		require.True(w.t, there[id] || !w.open[id], "%s is open, was shown, and has disappeared (the board is %s)", id, s.state)
	}
}

// assertOrder: unknown, red, orange, gray; oldest first; then by id (R1).
func (w *ward) assertOrder(s sight) {
	w.t.Helper()
	flags := []string{"unknown", "red", "orange", "gray"}
	require.True(w.t, slices.IsSortedFunc(s.rows, func(a, b sightedRow) int {
		return cmp.Or(
			cmp.Compare(slices.Index(flags, a.flag), slices.Index(flags, b.flag)),
			cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id),
		)
	}), "in R1's order: %v", s.rows)
}

// assertTruthful: from two polls after the beginning of an outage the board
// isn't called live, from four it is NOT LIVE, always with a reason, and it claims no confirmation
// there can't have been (R12).
func (w *ward) assertTruthful(asked time.Time, s sight) {
	w.t.Helper()
	if w.since.IsZero() {
		return
	}
	lasted := asked.Sub(w.since)
	require.True(w.t, s.state == "live" || s.state == "unknown" || s.reason != "", "%s without a reason", s.state)
	switch {
	case lasted > 4*wardInterval:
		require.Equal(w.t, "not-live", s.state, "Luscii has been failing for %s", lasted)
	case lasted > 2*wardInterval:
		require.Contains(w.t, []string{"late", "not-live"}, s.state, "Luscii has been failing for %s", lasted)
	}
	if !w.late {
		require.False(w.t, s.confirmed.After(w.since), "confirmed at %s, failing since %s", s.confirmed, w.since)
	}
}

// exact reports that the board is live, whole, and shows the very alerts that
// Luscii has open.
func (w *ward) exact(s sight) bool {
	w.t.Helper()
	if !s.complete {
		return false
	}
	w.learn()
	open := 0
	for _, is := range w.open {
		if is {
			open++
		}
	}
	return open == len(s.rows) && !slices.ContainsFunc(s.rows, func(r sightedRow) bool { return !w.open[r.id] })
}

// await looks until the board is as wanted.
func (w *ward) await(what string, wanted func(sight) bool) {
	w.t.Helper()
	var last sight
	w.eventually(what, func() bool { last = w.look(); return wanted(last) }, func() string {
		return fmt.Sprintf("the board is %s (%s) with %d rows, confirmed %s", last.state, last.reason, len(last.rows), last.confirmed)
	})
}

// awaitSweeps looks on while days are listed n times more.
func (w *ward) awaitSweeps(n int) {
	w.t.Helper()
	first := 0
	w.await("more listings", func(s sight) bool {
		first = cmp.Or(first, s.version)
		return s.version >= first+n
	})
}

// eventually tries until it works; found says what is wrong when it never does.
func (w *ward) eventually(what string, works func() bool, found ...func() string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), waitWithin)
	defer cancel()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for !works() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			var words []string
			for _, say := range found {
				words = append(words, say())
			}
			require.Fail(w.t, "never: "+what, words)
		}
	}
}

// emptyView is what the page says where a view holds nothing.
func (w *ward) emptyView() string {
	w.t.Helper()
	return strings.TrimSpace(w.get("/?program=none").Find("#board .notice").Text())
}

// awaitAllClear waits until an empty view is called empty: the board may be late
// at any one look.
func (w *ward) awaitAllClear() {
	w.t.Helper()
	w.eventually("an empty view is called empty", func() bool { return strings.Contains(w.emptyView(), allClear) })
}
