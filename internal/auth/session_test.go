package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/triage"
)

// R23
func TestCookie(t *testing.T) {
	for _, tc := range []struct {
		public, name, path string
		secure             bool
	}{
		{"http://board.test", "triage_session", "/", false},
		{"http://board.test/triage", "triage_session", "/triage", false},
		{"https://board.test", "__Host-triage_session", "/", true},
		{"https://board.test/triage", "__Host-triage_session_triage", "/", true},
	} {
		t.Run(tc.public, func(t *testing.T) {
			h := newHouse(t)
			var err error
			h.options.PublicURL, err = url.Parse(tc.public)
			require.NoError(t, err)
			h.manager = auth.New(h.options)
			server := httptest.NewServer(http.StripPrefix(h.options.PublicURL.Path, h.handler()))
			b := newBrowser(t, server)
			response := b.mustPost(h.options.PublicURL.Path+"/language", "language", "nl")
			require.Len(t, response.Cookies(), 1)
			c := response.Cookies()[0]
			assert.Equal(t, tc.name, c.Name)
			assert.Equal(t, tc.path, c.Path)
			assert.Equal(t, tc.secure, c.Secure)
			assert.True(t, c.HttpOnly)
			assert.Equal(t, http.SameSiteLaxMode, c.SameSite)
			assert.Empty(t, c.Domain)
			assert.True(t, c.Expires.IsZero(), "gone with the browser")
			assert.Zero(t, c.MaxAge)
		})
	}
}

func TestHostCookieWorksOverHTTPS(t *testing.T) {
	h := newHouse(t)
	h.options.PublicURL = &url.URL{Scheme: "https", Host: "board.test"}
	h.manager = auth.New(h.options)
	b := newBrowser(t, httptest.NewTLSServer(h.handler()))
	b.signIn()
	b.mustPost("/signout")
	assert.False(t, b.who().SignedIn)
}

func TestAVisitorWithoutAChoiceGetsNoSession(t *testing.T) {
	b := newHouse(t).browser()
	_, _, response := b.get("/who")
	assert.Empty(t, response.Cookies())
	b.get("/flash")
	assert.Empty(t, b.cookies())
}

func TestLanguageBeforeAndAfterSignIn(t *testing.T) {
	b := newHouse(t).browser()
	assert.Empty(t, b.who().Language)
	b.mustPost("/language", "language", "nl")
	assert.Equal(t, "nl", b.who().Language)
	b.signIn()
	assert.Equal(t, "nl", b.who().Language)
	b.mustPost("/signout")
	got := b.who()
	assert.False(t, got.SignedIn)
	assert.Equal(t, "nl", got.Language)
}

func TestFlashIsGivenOnce(t *testing.T) {
	b := newHouse(t).browser()
	b.signIn()
	b.mustPost("/flash")
	_, body, _ := b.get("/flash")
	assert.JSONEq(t, `{"flash":{"kind":"processed","alert":"a-1","status":"processed"},"ok":true}`, body)
	_, body, _ = b.get("/flash")
	assert.JSONEq(t, `{"flash":{"kind":"","alert":"","status":""},"ok":false}`, body)
}

func TestAFlashDoesNotReachTheNextOne(t *testing.T) {
	b := newHouse(t).browser()
	b.signIn()
	b.mustPost("/flash")
	b.mustPost("/persona", "persona", string(admin.ID))
	_, body, _ := b.get("/flash")
	assert.Contains(t, body, `"ok":false`)
}

func TestSignOut(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	copied := b.on(h.handler())
	require.True(t, copied.who().SignedIn)
	b.mustPost("/signout")
	assert.False(t, b.who().SignedIn)
	assert.False(t, copied.who().SignedIn, "the token itself is worth nothing any more")
	assert.Empty(t, b.cookies())
	b.mustPost("/signout")
}

// A request that was under way during sign-out saves the session it loaded,
// and so brings it back; the sign-in stays ended all the same. R23
func TestARequestInFlightDoesNotUndoSignOut(t *testing.T) {
	for name, end := range map[string]func(*browser){
		"sign-out":            func(b *browser) { b.mustPost("/signout") },
		"sign-in by the next": func(b *browser) { b.mustPost("/persona", "persona", string(admin.ID)) },
	} {
		t.Run(name, func(t *testing.T) { testInFlight(t, end) })
	}
}

func testInFlight(t *testing.T, end func(*browser)) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	inFlight := b.on(h.handler())

	saved := make(chan []*http.Cookie)
	go func() {
		response, err := inFlight.client.Post(inFlight.server.URL+"/slow", "", nil)
		if !assert.NoError(t, err) {
			close(saved)
			return
		}
		assert.NoError(t, response.Body.Close())
		saved <- response.Cookies()
	}()
	<-h.entered
	end(b)
	h.release <- struct{}{}
	require.NotEmpty(t, <-saved, "the test would prove nothing if the session weren't saved again")

	_, body, _ := inFlight.get("/flash")
	assert.Contains(t, body, `"late"`, "the session is back")
	assert.False(t, inFlight.who().SignedIn, "the sign-in is not")
}

func TestAfterAChangeOfKeys(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()

	h.options.Sealer = sealerOf(t, 'b', 'a')
	h.manager = auth.New(h.options)
	assert.True(t, b.on(h.handler()).who().SignedIn, "the old key still opens")

	h.options.Sealer = sealerOf(t, 'b')
	h.manager = auth.New(h.options)
	b = b.on(h.handler())
	b.client.Jar.SetCookies(mustURL(t, b.server.URL), []*http.Cookie{{Name: "theme", Value: "dark"}})
	got := b.who()
	assert.False(t, got.SignedIn, "signed out instead of an error")
	assert.True(t, got.Theme, "other cookies come along")
	require.Len(t, b.cookies(), 1, "the useless cookie is gone")
	assert.Equal(t, "theme", b.cookies()[0].Name)
	b.signIn()
}

// With the old cookie, the very request that signs in works too.
func TestSignInRightAfterAChangeOfKeys(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	h.options.Sealer = sealerOf(t, 'b')
	h.manager = auth.New(h.options)
	b = b.on(h.handler())
	b.signIn()
}

func TestABrokenStoreIsAnswered(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	require.NoError(t, h.store.Close())
	status, body, _ := b.get("/who")
	assert.Equal(t, http.StatusInternalServerError, status)
	assert.Contains(t, body, "failed: loading the session")

}

// unsaving is a session store that can't write.
type unsaving struct{ scs.Store }

func (unsaving) Commit(string, []byte, time.Time) error { return errors.New("disk full") }

func TestNobodyIsToldSignedInWithoutASession(t *testing.T) {
	h := newHouse(t)
	h.options.Sessions = unsaving{h.options.Sessions}
	h.manager = auth.New(h.options)
	status, body, _ := h.browser().post("/persona", "persona", string(primary.ID))
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "saving the session: disk full")
}

// What was done is told, even when the session can't be saved with it.
func TestAnUnsavedFlashDoesNotHideTheAnswer(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	done := make(chan int)
	go func() {
		response, err := b.client.Post(b.server.URL+"/slow", "", nil)
		if !assert.NoError(t, err) {
			close(done)
			return
		}
		assert.NoError(t, response.Body.Close())
		done <- response.StatusCode
	}()
	<-h.entered
	require.NoError(t, h.store.Close())
	h.release <- struct{}{}
	assert.Equal(t, http.StatusOK, <-done)
	assert.Contains(t, h.log.String(), "session not saved")
}

func TestRoleAndGroupsFollowTheDirectory(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	both := map[triage.GroupID]bool{"g-copd": true, "g-heart": true}

	set := func(change func(*triage.HCP)) {
		h.directory.change(func(d *directory) { change(&d.hcps[0]) })
	}
	reset := func() { set(func(p *triage.HCP) { *p = primary }) }

	set(func(p *triage.HCP) { p.Role = triage.RoleSecondary; p.Groups = "COPD"; p.LastName = "Bakker" })
	got := b.who().Actor
	assert.Equal(t, triage.Actor{ID: primary.ID, SignIn: got.SignIn, Name: "Anna de Bakker", Role: triage.RoleSecondary, Groups: map[triage.GroupID]bool{"g-copd": true}}, got)

	set(func(p *triage.HCP) { p.Groups = "COPD, Unheard-of" })
	w := b.who()
	assert.Equal(t, map[triage.GroupID]bool{"g-copd": true}, w.Actor.Groups)
	assert.Equal(t, []string{"Unheard-of"}, w.Unmatched)
	reset()

	// The directory knows fewer groups for a while: those resolved stay.
	h.directory.change(func(d *directory) { d.groups = map[string]triage.GroupID{"COPD": "g-copd"} })
	w = b.who()
	assert.Equal(t, both, w.Actor.Groups)
	assert.Equal(t, []string{"Hartfalen"}, w.Unmatched)

	// It can't say at all: all of what was resolved stays.
	h.directory.change(func(d *directory) { d.err, d.hcps[0].Active = triage.ErrUnavailable, false })
	assert.Equal(t, triage.Actor{ID: primary.ID, SignIn: got.SignIn, Name: "Anna de Vries", Role: triage.RolePrimary, Groups: both}, b.who().Actor)
	// Nor is a page kept waiting for what it has to say.
	h.directory.change(func(d *directory) { d.busy = true })
	assert.True(t, b.who().SignedIn)
	h.directory.change(func(d *directory) { d.err, d.busy = nil, false })
	assert.False(t, b.who().SignedIn, "not active any more")
	reset()
	assert.True(t, b.who().SignedIn)

	set(func(p *triage.HCP) { p.Role = triage.RoleAdmin })
	assert.False(t, b.who().SignedIn, "the key never proved the rights of an admin")
	set(func(p *triage.HCP) { p.Role = "HC_NEW" })
	assert.False(t, b.who().SignedIn)
	reset()
	set(func(p *triage.HCP) { p.ID = "h-another" })
	assert.False(t, b.who().SignedIn, "the e-mail is somebody else's now")
}

func TestOtherSignInsOutliveOne(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	other := h.browser()
	other.signIn()
	b.mustPost("/signout")
	assert.False(t, b.who().SignedIn)
	assert.True(t, other.who().SignedIn, "of the same professional, at another computer")
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}
