package luscii

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// NOTES: "Follow nextCursor only"; cursors are opaque text.
func TestListingFollowsCursorsToTheEnd(t *testing.T) {
	cursors := []string{"", "a+b/c==&perPage=1", "2", "<>"}
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("cursor"))
		assert.Equal(t, string(today), q.Get("startDate"))
		assert.Equal(t, string(today), q.Get("endDate"))
		assert.Equal(t, []string{"200"}, q["perPage"])
		next := `null`
		if len(asked) < len(cursors) {
			next = strconv.Quote(cursors[len(asked)])
		}
		if next == `"2"` {
			next = `2` // NOTES: "0" and 0 are the same
		}
		answerJSON(w, http.StatusOK, fmt.Sprintf(
			`{"meta":{"nextCursor":%s,"nextPageUrl":"http://192.0.2.1/","prevCursor":"back"},"data":[%s]}`,
			next, row(strconv.Itoa(len(asked)), "", "")))
	})
	alerts, err := c.list(t)
	require.NoError(t, err)
	assert.Equal(t, cursors, asked)
	assert.Len(t, alerts, 4)
}

// NOTES: "stop on null, absent, empty"; "optional meta"; "data object or array";
// "meta differs between pages"; "200 Accepted is the same as 200".
func TestListingEnds(t *testing.T) {
	one := row("a", "", "")
	for name, body := range map[string]string{
		"no meta":           `{"data":[` + one + `]}`,
		"meta null":         `{"meta":null,"data":[` + one + `]}`,
		"meta empty":        `{"meta":{},"data":[` + one + `]}`,
		"meta empty array":  `{"meta":[ ],"data":[` + one + `]}`,
		"cursor null":       `{"meta":{"nextCursor":null},"data":[` + one + `]}`,
		"cursor empty":      `{"meta":{"nextCursor":""},"data":[` + one + `]}`,
		"cursor blank":      `{"meta":{"nextCursor":" "},"data":[` + one + `]}`,
		"page URL alone":    `{"meta":{"nextPageUrl":"https://next.page/?cursor=x"},"data":[` + one + `]}`,
		"data an object":    `{"data":` + one + `}`,
		"errors null":       `{"errors":null,"data":[` + one + `]}`,
		"errors empty":      `{"errors":[],"data":[` + one + `]}`,
		"errors no object":  `{"errors":{},"data":[` + one + `]}`,
		"fields of no page": `{"links":[],"data":[` + one + `],"x":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, body))
			alerts, err := c.list(t)
			require.NoError(t, err)
			assert.Len(t, alerts, 1)
		})
	}
	t.Run("200 Accepted", func(t *testing.T) {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if !assert.NoError(t, err) {
				return
			}
			defer conn.Close()
			body := data(one)
			fmt.Fprintf(rw, "HTTP/1.1 200 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
			assert.NoError(t, rw.Flush())
		})
		alerts, err := c.list(t)
		require.NoError(t, err)
		assert.Len(t, alerts, 1)
	})
	t.Run("no alerts", func(t *testing.T) {
		alerts, err := serve(t, always(http.StatusOK, `{"data":[]}`)).list(t)
		require.NoError(t, err)
		assert.Empty(t, alerts)
	})
}

// NOTES: "stop on … repeated"; "a sweep that ends early never removes anything":
// what doesn't lead to the end never looks like the end (R6).
func TestListingCutShortIsAnError(t *testing.T) {
	next := map[string]string{"": `"one"`, "one": `"two"`, "two": `"one"`}
	requests := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		cursor := r.URL.Query().Get("cursor")
		answerJSON(w, http.StatusOK, fmt.Sprintf(`{"meta":{"nextCursor":%s},"data":[%s]}`, next[cursor], row("a"+cursor, "", "")))
	})
	alerts, err := c.list(t)
	assert.Len(t, alerts, 3)
	assert.Equal(t, []error{triage.ErrMalformed, triage.ErrPartial}, kinds(err))
	assert.Contains(t, err.Error(), "repeated")
	assert.Equal(t, 3, requests)

	for name, meta := range map[string]string{
		"cursor an object": `{"nextCursor":{"token":"x"}}`, "cursor true": `{"nextCursor":true}`,
		"meta text": `"next"`, "meta a list": `[{"nextCursor":"x"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(http.StatusOK, `{"meta":`+meta+`,"data":[`+row("a", "", "")+`]}`))
			alerts, err := c.list(t)
			assert.Len(t, alerts, 1)
			assert.Equal(t, []error{triage.ErrMalformed, triage.ErrPartial}, kinds(err))
		})
	}
}

func TestListingWithoutEndIsEnded(t *testing.T) {
	c := connect(t, Options{BaseURL: "http://127.0.0.1", Transport: countingPages()})
	_, err := c.list(t)
	assert.Equal(t, []error{triage.ErrMalformed, triage.ErrPartial}, kinds(err))
	assert.Contains(t, err.Error(), "no end of pages")
}

// NOTES: "errors can stand beside data on 200: keep the data, surface the
// errors; an alerts listing with errors is partial".
func TestListingWithErrorsBesideDataIsPartial(t *testing.T) {
	for name, errs := range map[string]string{
		"as documented": `[{"code":"shard_down","message":"about Jansen","attribute":"data"}]`,
		"an object":     `{"code":"shard_down","message":"about Jansen","attribute":"data"}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("cursor") == "" {
					answerJSON(w, http.StatusOK, `{"errors":`+errs+`,"meta":{"nextCursor":"2"},"data":[`+row("a", "", "")+`]}`)
					return
				}
				answerJSON(w, http.StatusOK, data(row("b", "", "")))
			})
			alerts, err := c.list(t)
			assert.Len(t, alerts, 2, "the data of all pages comes first")
			e := asError(t, err)
			assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
			assert.Equal(t, "shard_down", e.Code)
			assert.Equal(t, "about Jansen", e.Message)
			assert.Equal(t, "data", e.Attribute)
			assert.NotContains(t, err.Error()+c.log.String(), "Jansen")
		})
	}
	for name, errs := range map[string]string{"text": `"oops"`, "list of text": `["oops"]`, "true": `true`} {
		t.Run(name, func(t *testing.T) {
			alerts, err := serve(t, always(http.StatusOK, `{"errors":`+errs+`,"data":[`+row("a", "", "")+`]}`)).list(t)
			assert.Len(t, alerts, 1)
			assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
		})
	}
	t.Run("without data", func(t *testing.T) {
		alerts, err := serve(t, always(http.StatusOK, `{"errors":[{"code":"shard_down"}]}`)).list(t)
		assert.Empty(t, alerts)
		assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
	})
}

// A listing that fails half-way gives what it had, then the error.
func TestListingFailingHalfWay(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") != "" {
			answerJSON(w, http.StatusGone, `{"errors":[{"code":"cursor_expired"}]}`) // short-lived cursors
			return
		}
		answerJSON(w, http.StatusOK, `{"meta":{"nextCursor":"2"},"data":[`+row("a", "", "")+`]}`)
	})
	alerts, err := c.list(t)
	assert.Len(t, alerts, 1)
	assert.Equal(t, []error{triage.ErrRejected}, kinds(err))
}

func TestListingStopsWhereItsReaderStops(t *testing.T) {
	requests := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		answerJSON(w, http.StatusOK, `{"meta":{"nextCursor":"2"},"data":[`+row("a", "", "")+","+row("b", "", "")+`]}`)
	})
	for _, err := range c.Alerts(t.Context(), today, today) {
		require.NoError(t, err)
		break
	}
	assert.Equal(t, 1, requests)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// countingPages gives page after page, each with a cursor never seen before.
func countingPages() http.RoundTripper {
	n := 0
	return roundTripper(func(*http.Request) (*http.Response, error) {
		n++
		w := httptest.NewRecorder()
		answerJSON(w, http.StatusOK, fmt.Sprintf(`{"meta":{"nextCursor":"%d"},"data":[]}`, n))
		return w.Result(), nil
	})
}
