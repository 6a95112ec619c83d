package auth_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/triage"
)

func TestSignInWithKey(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	assert.False(t, b.who().SignedIn)
	b.mustPost("/signin", "email", " a.DEvries@hospital.test ", "key", " key-403\n")

	got := b.who()
	assert.True(t, got.SignedIn)
	assert.Equal(t, triage.Actor{ID: primary.ID, SignIn: got.Actor.SignIn, Name: "Anna de Vries", Role: triage.RolePrimary,
		Groups: map[triage.GroupID]bool{"g-copd": true, "g-heart": true}}, got.Actor)
	key, err := h.manager.KeyOf(t.Context(), got.Actor)
	require.NoError(t, err)
	assert.Equal(t, "key-403", key.Reveal())
}

func TestWhoMaySignInWithWhichKey(t *testing.T) {
	for _, tc := range []struct {
		name, email, key string
		status           int
		reason           string // in the log
	}{
		{"reader with a key that lists", admin.Email, "key-lists", http.StatusOK, ""},
		{"group member with a key that may not", primary.Email, "key-403", http.StatusOK, ""},
		{"wrong key", primary.Email, "nonsense", http.StatusForbidden, "Luscii refuses the key"},
		{"unknown e-mail", "x@hospital.test", "key-403", http.StatusForbidden, "no active professional"},
		{"unknown e-mail and wrong key", "x@hospital.test", "nonsense", http.StatusForbidden, "Luscii refuses the key"},
		{"somebody else's e-mail: a reader's", admin.Email, "key-403", http.StatusForbidden, "doesn't fit the role"},
		{"somebody else's e-mail: a group member's", primary.Email, "key-lists", http.StatusForbidden, "doesn't fit the role"},
		{"unknown role", odd.Email, "key-403", http.StatusForbidden, "doesn't fit the role"},
		{"unknown role with a key that lists", odd.Email, "key-lists", http.StatusForbidden, "doesn't fit the role"},
		{"no e-mail", "", "key-403", http.StatusForbidden, "no usable"},
		{"no key", primary.Email, " ", http.StatusForbidden, "no usable"},
		{"a key that would break the header", primary.Email, "key-403\r\nX: y", http.StatusForbidden, "no usable"},
		{"endless key", primary.Email, strings.Repeat("k", 5000), http.StatusForbidden, "no usable"},
		{"Luscii down", primary.Email, "key-down", http.StatusBadGateway, ""},
		{"Luscii down, unknown e-mail", "x@hospital.test", "key-down", http.StatusBadGateway, ""},
		{"Luscii busy", primary.Email, "key-busy", http.StatusBadGateway, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t)
			b := h.browser()
			status, body, _ := b.post("/signin", "email", tc.email, "key", tc.key)
			assert.Equal(t, tc.status, status)
			assert.Equal(t, tc.status == http.StatusOK, b.who().SignedIn)
			if tc.status == http.StatusForbidden {
				assert.Equal(t, "refused", body, "one answer for every reason")
				assert.Empty(t, b.cookies(), "a refusal starts no session")
			}
			assert.Contains(t, h.log.String(), tc.reason)
			assert.NotContains(t, h.log.String(), "hospital.test") // R25
			assert.NotContains(t, h.log.String(), "key-")
		})
	}
}

// The answer takes as long for an unknown e-mail as for a known one.
func TestUnknownEmailAsksLusciiToo(t *testing.T) {
	h := newHouse(t)
	h.browser().post("/signin", "email", "x@hospital.test", "key", "nonsense")
	assert.EqualValues(t, 1, h.keys.asked.Load())
}

func TestUpstreamErrorsKeepTheirKind(t *testing.T) {
	h := newHouse(t)
	handler := h.manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.ErrorIs(t, h.manager.SignInWithKey(r.Context(), primary.Email, "key-down"), triage.ErrUnavailable)
		assert.ErrorIs(t, h.manager.SignInWithKey(r.Context(), primary.Email, "key-busy"), triage.ErrBusy)
		h.directory.change(func(d *directory) { d.err = triage.ErrUnavailable })
		assert.ErrorIs(t, h.manager.SignInWithKey(r.Context(), primary.Email, "key-403"), triage.ErrUnavailable)
		assert.ErrorIs(t, h.manager.SignInAsPersona(r.Context(), "h-nobody"), auth.ErrSignIn)
	}))
	h.browser().on(handler).get("/")
}

func TestPersona(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	status, _, _ := b.post("/persona", "persona", "h-odd")
	assert.Equal(t, http.StatusForbidden, status, "a professional, but not offered")
	b.mustPost("/persona", "persona", string(primary.ID))
	got := b.who()
	assert.Equal(t, primary.ID, got.Actor.ID)
	key, err := h.manager.KeyOf(t.Context(), got.Actor)
	require.NoError(t, err)
	assert.Equal(t, "persona-key", key.Reveal())
	assert.Equal(t, []triage.HCP{primary, admin}, h.manager.Personas())

	h.options.Personas, h.options.Keys = nil, nil
	h.manager = auth.New(h.options)
	b = h.browser()
	status, _, _ = b.post("/persona", "persona", string(primary.ID))
	assert.Equal(t, http.StatusForbidden, status, "without the sandbox there are none")
	status, _, _ = b.post("/signin", "email", primary.Email, "key", "key-403")
	assert.Equal(t, http.StatusForbidden, status)
}

// R23
func TestSignInGivesANewTokenAndEndsTheFormerSignIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.mustPost("/language", "language", "en")
	planted := b.on(h.handler())
	before := b.cookies()[0].Value
	b.mustPost("/persona", "persona", string(primary.ID))
	second := b.cookies()[0].Value
	assert.NotEqual(t, before, second)
	assert.False(t, planted.who().SignedIn, "a token planted before sign-in is worth nothing")
	assert.Equal(t, "en", b.who().Language)

	former := b.on(h.handler())
	b.mustPost("/persona", "persona", string(admin.ID))
	assert.NotEqual(t, second, b.cookies()[0].Value)
	assert.Equal(t, admin.ID, b.who().Actor.ID)
	assert.False(t, former.who().SignedIn)
}

func TestKeyOf(t *testing.T) {
	h := newHouse(t)
	_, err := h.manager.KeyOf(t.Context(), triage.Actor{ID: primary.ID})
	require.ErrorIs(t, err, auth.ErrNoKey)
	b := h.browser()
	b.signIn()
	actor := b.who().Actor

	// Another's row with this one's key doesn't open.
	linked, _, err := h.store.LinkedKey(t.Context(), actor.SignIn)
	require.NoError(t, err)
	linked.SignIn = "another"
	require.NoError(t, h.store.LinkKey(t.Context(), linked))
	_, err = h.manager.KeyOf(t.Context(), triage.Actor{ID: primary.ID, SignIn: "another"})
	require.ErrorIs(t, err, auth.ErrNoKey)
	_, err = h.manager.KeyOf(t.Context(), triage.Actor{ID: admin.ID, SignIn: actor.SignIn})
	require.ErrorIs(t, err, auth.ErrNoKey)

	h.options.Sealer = sealerOf(t, 'b')
	_, err = auth.New(h.options).KeyOf(t.Context(), actor)
	require.ErrorIs(t, err, auth.ErrNoKey)
	h.options.Sealer = sealerOf(t, 'b', 'a')
	key, err := auth.New(h.options).KeyOf(t.Context(), actor)
	require.NoError(t, err)
	assert.Equal(t, "key-403", key.Reveal())

	require.NoError(t, h.store.Close())
	_, err = h.manager.KeyOf(t.Context(), actor)
	require.Error(t, err)
	assert.NotErrorIs(t, err, auth.ErrNoKey, "a broken database isn't a missing key")
}

// A sign-in proves nothing of whose the key is, so its key stays with it: what a
// colleague writes in their own session still goes out with their own key.
func TestKeysOfTwoSignInsDontMix(t *testing.T) {
	h := newHouse(t)
	mine, theirs := h.browser(), h.browser()
	mine.mustPost("/signin", "email", primary.Email, "key", "key-403")
	theirs.mustPost("/signin", "email", primary.Email, "key", "key-403-too")

	key, err := h.manager.KeyOf(t.Context(), mine.who().Actor)
	require.NoError(t, err)
	assert.Equal(t, "key-403", key.Reveal())
	key, err = h.manager.KeyOf(t.Context(), theirs.who().Actor)
	require.NoError(t, err)
	assert.Equal(t, "key-403-too", key.Reveal())

	actor := mine.who().Actor
	mine.mustPost("/signout")
	_, err = h.manager.KeyOf(t.Context(), actor)
	require.ErrorIs(t, err, auth.ErrNoKey, "erased at sign-out")
}

// R25
func TestTheDatabaseShowsNothing(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	b.mustPost("/flash")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(h.file + suffix)
		require.NoError(t, err)
		for _, secret := range []string{"key-403", "Vries", "hospital.test", b.cookies()[0].Value, "g-copd"} {
			assert.NotContains(t, strings.ToLower(string(content)), strings.ToLower(secret), suffix)
		}
	}
}

// R22
func TestASignInEndsAfterItsLifetime(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn()
	h.advance(12*time.Hour - time.Microsecond)
	assert.True(t, b.who().SignedIn)
	h.advance(time.Microsecond)
	assert.False(t, b.who().SignedIn)
}
