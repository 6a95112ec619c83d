package handlers_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/handlers"
	"triageboard/internal/triage"
	"triageboard/web/templates/markuptest"
)

func TestPanics(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) { panic("out of luck") }
	b := h.as(admin)
	page := b.get("/alerts/a-1")
	assert.Equal(t, http.StatusInternalServerError, page.status)
	assert.Equal(t, h.say("error.500"), page.text("h1"))
	assert.Contains(t, page.text("main .notice"), h.say("error.500_text"))
	assert.NotContains(t, page.body, "out of luck")
	part := b.get("/alerts/a-1", htmx...)
	assert.Equal(t, http.StatusInternalServerError, part.status)
	assert.Contains(t, part.text(".notice"), h.say("error.500_text"))

	log := h.log.String()
	assert.Contains(t, log, "out of luck")
	assert.Contains(t, log, "failing_test.go", "where it was")
	assert.Contains(t, log, page.header.Get("X-Request-Id"))
	assert.Contains(t, log, "/alerts/{id}")
	assert.Equal(t, http.StatusOK, b.get("/").status, "the program goes on")
}

func TestAbortedHandlerIsNoPanic(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) { panic(http.ErrAbortHandler) }
	b := h.as(admin)
	_, err := b.client.Get(b.server.URL + "/alerts/a-1")
	require.ErrorIs(t, err, io.EOF)
	assert.NotContains(t, h.log.String(), "panicked")
}

// brokenSessions is a store that fails at every call.
type brokenSessions struct{}

func (brokenSessions) Delete(string) error                    { return errBroken }
func (brokenSessions) Find(string) ([]byte, bool, error)      { return nil, false, errBroken }
func (brokenSessions) Commit(string, []byte, time.Time) error { return errBroken }

func TestSessionsThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	session := h.as(admin).cookies()
	h.auth.Sessions = brokenSessions{}
	h.options.Auth = auth.New(h.auth)
	b := h.rebuilt().stranger()
	page := b.get("/", "Cookie", session)
	assert.Equal(t, http.StatusInternalServerError, page.status)
	assert.Equal(t, h.say("error.500"), page.text("h1"))
	assert.False(t, page.has(".user"))
	assert.NotContains(t, page.body, errBroken.Error())
	assert.Contains(t, h.log.String(), errBroken.Error())
	part := b.get("/", "Cookie", session, "HX-Request", "true")
	assert.Equal(t, http.StatusInternalServerError, part.status)
	assert.Contains(t, part.text(".notice"), h.say("error.500_text"))
}

// signInsBroken is a real store whose sign-ins can't be read.
type signInsBroken struct{ auth.Store }

func (signInsBroken) SignIn(context.Context, string) (auth.SignIn, bool, error) {
	return auth.SignIn{}, false, errBroken
}

func TestSignInThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	session := h.as(admin).cookies()
	h.auth.Store = signInsBroken{h.store}
	h.options.Auth = auth.New(h.auth)
	page := h.rebuilt().stranger().get("/", "Cookie", session)
	assert.Equal(t, http.StatusInternalServerError, page.status)
	assert.Equal(t, h.say("error.500"), page.text("h1"))
	assert.Contains(t, h.log.String(), errBroken.Error())
}

// noNewSignIns is a real store that can't keep a sign-in.
type noNewSignIns struct{ auth.Store }

func (noNewSignIns) AddSignIn(context.Context, auth.SignIn) error { return errBroken }

// That storage fails is neither Luscii's fault nor the person's.
func TestSignInThatCannotBeKept(t *testing.T) {
	h := newHouse(t, func(h *house) { h.auth.Store = noNewSignIns{h.store} })
	page := h.stranger().post("/signin", url.Values{"persona": {"h-admin"}})
	assert.Equal(t, http.StatusInternalServerError, page.status)
	assert.Contains(t, page.text("main .notice"), h.say("error.500_text"))
	assert.NotContains(t, page.body, errBroken.Error())
	assert.Contains(t, h.log.String(), errBroken.Error())
}

// Fail may be called with a request that went through nothing.
func TestFailOnABareRequest(t *testing.T) {
	h := newHouse(t)
	w := httptest.NewRecorder()
	h.server.Fail(w, httptest.NewRequest(http.MethodGet, "/anywhere", nil), errors.New("no session"))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), h.words.Match("", "").T("error.500_text"), "in Dutch, where no language is asked for")
}

// A history that doesn't come keeps nobody waiting for long, and hides nothing.
func TestSlowHistory(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.board.history = func(ctx context.Context, _ triage.Alert) ([]triage.Record, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	b := h.as(admin)
	r := httptest.NewRequest(http.MethodGet, b.server.URL+"/alerts/a-1", nil)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Cookie", b.cookies())
	h.options.Log = slog.New(slog.DiscardHandler)
	handler := handlers.New(h.options).Handler()
	w := httptest.NewRecorder()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		handler.ServeHTTP(w, r.WithContext(t.Context()))
		assert.LessOrEqual(t, time.Since(start), 5*time.Second)
		assert.Positive(t, time.Since(start))
	})
	a := answer{t: t, path: "/alerts/a-1", status: w.Code, header: w.Header(), body: w.Body.String()}
	a.doc = markuptest.Check(t, a.body)
	assert.Equal(t, http.StatusOK, a.status)
	assert.Contains(t, a.text("#detail .notice"), h.say("history.failed", h.say("cause.unavailable")))
	assert.Equal(t, "Saskia van den Berg-de Wit", a.text("#detail > .banner h2"))
	assert.True(t, a.has("form#act"))
	assert.NotContains(t, a.text("#detail"), h.say("history.none"))
}

// What can't be read from storage is our own failure, never "no such alert"; the
// list goes on from memory, and what was typed comes back.
func TestBoardsStorageFails(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	h.board.unread = errBroken
	for _, path := range []string{"/alerts/a-1", "/alerts/a-1/escalate", "/?after=a-1"} {
		assert.Equal(t, http.StatusInternalServerError, b.get(path).status, path)
	}
	assert.Equal(t, http.StatusInternalServerError, b.post("/alerts/a-1", decide(h, "a-1", "processed")).status)
	assert.Equal(t, []string{"a-1"}, b.get("/").rows())
	assert.Contains(t, h.log.String(), errBroken.Error())

	// The same happening while the action is under way.
	h.board.unread = nil
	h.actions.before = func() { h.board.unread = errBroken }
	h.actions.fails = triage.ErrUnavailable
	form := decide(h, "a-1", "processed")
	form.Set("note", "Typed with care.")
	refused := b.post("/alerts/a-1", form)
	assert.Equal(t, http.StatusBadGateway, refused.status)
	assert.Contains(t, refused.body, "Typed with care.")
}
