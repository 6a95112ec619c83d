package luscii

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

var process = triage.Change{Status: triage.StatusProcessed, Note: "Mevrouw Jansen called"}

func updated(field, value string) string { return `{"data":` + row("a", field, value) + `}` }

// R46: every answer says whether the write was done, wasn't, or may have been;
// and the write is sent once, whatever the answer.
func TestUpdateTellsWhetherItWasDone(t *testing.T) {
	uncertain := triage.ErrUncertain
	for name, tc := range map[string]struct {
		status int
		body   string
		kinds  []error
	}{
		"done":                     {200, updated("", ""), nil},
		"done, 202":                {202, updated("", ""), nil},
		"done, data a list of one": {200, data(row("a", "", "")), nil},

		"validation":         {422, `{"errors":[{"code":"validation"}]}`, []error{triage.ErrRejected}},
		"bad request":        {400, ``, []error{triage.ErrRejected}},
		"conflict":           {409, ``, []error{triage.ErrRejected}},
		"key refused":        {401, ``, []error{triage.ErrKeyRefused}},
		"account inactive":   {403, `{"errors":[{"code":"other"},{"code":"Account_Inactive"}]}`, []error{triage.ErrKeyRefused}},
		"not permitted":      {403, ``, []error{triage.ErrForbidden}},
		"unknown alert":      {404, ``, []error{triage.ErrNotFound}},
		"too many":           {429, ``, []error{triage.ErrBusy}},
		"timeout in between": {408, ``, []error{triage.ErrUnavailable, uncertain}},
		"failed":             {500, ``, []error{triage.ErrUnavailable, uncertain}},
		"gateway":            {502, `<html>`, []error{triage.ErrUnavailable, uncertain}},
		"not implemented":    {501, ``, []error{triage.ErrUnavailable, uncertain}},

		"no content":           {204, ``, []error{triage.ErrMalformed, uncertain}},
		"not JSON":             {200, `{"data":`, []error{triage.ErrMalformed, uncertain}},
		"no data":              {200, `{}`, []error{triage.ErrMalformed, uncertain}},
		"no alert":             {200, `{"data":[]}`, []error{triage.ErrMalformed, uncertain}},
		"two alerts":           {200, data(row("a", "", "") + "," + row("b", "", "")), []error{triage.ErrMalformed, uncertain}},
		"another alert":        {200, `{"data":` + row("b", "", "") + `}`, []error{triage.ErrMalformed, uncertain}},
		"null":                 {200, `{"data":[null]}`, []error{triage.ErrMalformed, uncertain}},
		"no id":                {200, updated("id", ""), []error{triage.ErrMalformed, uncertain}},
		"status illegible":     {200, updated("status", "null"), []error{triage.ErrMalformed, uncertain}},
		"updatedAt illegible":  {200, updated("updatedAt", `"?"`), []error{triage.ErrMalformed, uncertain}},
		"errors without alert": {200, `{"errors":[{"code":"x"}]}`, []error{triage.ErrMalformed, uncertain}},
		"errors beside alert":  {200, `{"errors":[{"code":"x"}],"data":` + row("a", "", "") + `}`, []error{triage.ErrPartial, uncertain}},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				sent.Add(1)
				answerJSON(w, tc.status, tc.body)
			})
			alert, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
			assert.Equal(t, tc.kinds, kinds(err))
			if tc.kinds == nil {
				require.NoError(t, err)
				assert.Equal(t, triage.AlertID("a"), alert.ID)
			} else {
				assert.Equal(t, "update alert", asError(t, err).Call)
			}
			assert.EqualValues(t, 1, sent.Load(), "writes are sent once")
		})
	}
}

// The page: category and additionalInfo are string | null.
func TestUpdateSendsNullForNothing(t *testing.T) {
	var body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		body = string(raw)
		answerJSON(w, http.StatusOK, updated("", ""))
	})
	_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", triage.Change{Status: triage.StatusOpen})
	require.NoError(t, err)
	assert.JSONEq(t, `{"status":"open","category":null,"additionalInfo":null}`, body)
}

// R46: a write that got no answer in WriteTimeout ends then, as uncertain.
func TestUpdateEndsByItsDeadline(t *testing.T) {
	for name, upstream := range map[string]http.HandlerFunc{
		"silence": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices the client leaving
			<-r.Context().Done()
		},
		"endless body": func(w http.ResponseWriter, r *http.Request) { drip(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				c := serveInBubble(t, func(w http.ResponseWriter, r *http.Request) {
					sent.Add(1)
					upstream(w, r)
				})
				start := time.Now()
				_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
				assert.Equal(t, []error{triage.ErrUnavailable, triage.ErrUncertain}, kinds(err))
				assert.Equal(t, 10*time.Second, time.Since(start))
				assert.True(t, asError(t, err).Temporary)
				assert.Contains(t, err.Error(), "no answer in time")
				assert.EqualValues(t, 1, sent.Load())
			})
		})
	}
}

func TestUpdateCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, err := c.UpdateAlert(ctx, clinicianKey, "a", process)
	assert.Equal(t, []error{triage.ErrUncertain}, kinds(err), "it was sent")
	assert.ErrorIs(t, err, context.Canceled)

	_, err = c.UpdateAlert(ctx, clinicianKey, "a", process)
	assert.Empty(t, kinds(err), "it never left")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestUpdateConnectionBroken(t *testing.T) {
	var sent atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		hangUp(t, w)
	})
	_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
	assert.Equal(t, []error{triage.ErrUnavailable, triage.ErrUncertain}, kinds(err))
	assert.EqualValues(t, 1, sent.Load())
}

func TestUpdateNeverConnected(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	c := connect(t, Options{BaseURL: "http://" + addr, Transport: newTransport()})
	_, err = c.UpdateAlert(t.Context(), clinicianKey, "a", process)
	assert.Equal(t, []error{triage.ErrUnavailable}, kinds(err), "nothing was sent, and that is certain")
	assert.Equal(t, "update alert: Luscii unavailable, connection refused", err.Error())
}

// A transport that doesn't say when it sends leaves it open.
func TestUpdateOverAnUnknownTransport(t *testing.T) {
	c := connect(t, Options{BaseURL: "http://127.0.0.1", Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})
	_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
	assert.Equal(t, []error{triage.ErrUnavailable, triage.ErrUncertain}, kinds(err))
}

// NOTES: "follow no redirect"; a PUT follows none, not even at home.
func TestUpdateFollowsNoRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var sent atomic.Int32
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			sent.Add(1)
			w.Header().Set("Location", "/elsewhere")
			answerJSON(w, status, updated("", ""))
		})
		_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
		assert.Equal(t, []error{triage.ErrMalformed, triage.ErrUncertain}, kinds(err), status)
		assert.EqualValues(t, 1, sent.Load(), status)
	}
}

// drip sends a body that never ends, a byte a second.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	rc := http.NewResponseController(w)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := io.WriteString(w, " "); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// hangUp breaks the connection without a word, or in the middle of one.
func hangUp(t *testing.T, w http.ResponseWriter, words ...string) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if !assert.NoError(t, err) {
		return
	}
	_, _ = rw.WriteString(strings.Join(words, ""))
	_ = rw.Flush()
	_ = conn.Close()
}
