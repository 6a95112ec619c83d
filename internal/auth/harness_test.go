package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

var (
	primary = triage.HCP{ID: "h-primary", FirstName: "Anna", MiddleName: "de", LastName: "Vries", Email: "A.deVries@hospital.test",
		Role: triage.RolePrimary, Active: true, Groups: "COPD, Hartfalen"}
	admin = triage.HCP{ID: "h-admin", FirstName: "Bo", LastName: "Jansen", Email: "b.jansen@hospital.test",
		Role: triage.RoleAdmin, Active: true}
	odd = triage.HCP{ID: "h-odd", FirstName: "Cas", Email: "odd@hospital.test", Role: "HC_NEW", Active: true}
)

// directory is the organisation, changeable while requests run.
type directory struct {
	mu     sync.Mutex
	hcps   []triage.HCP
	groups map[string]triage.GroupID
	err    error
	busy   bool // it answers nothing until the one who asks gives up
}

func newDirectory() *directory {
	return &directory{
		hcps:   []triage.HCP{primary, admin, odd},
		groups: map[string]triage.GroupID{"COPD": "g-copd", "Hartfalen": "g-heart"},
	}
}

func (d *directory) HCPByEmail(ctx context.Context, email string) (triage.HCP, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy {
		<-ctx.Done()
		return triage.HCP{}, false, ctx.Err()
	}
	for _, h := range d.hcps {
		if strings.EqualFold(h.Email, email) && h.Active {
			return h, d.err == nil, d.err
		}
	}
	return triage.HCP{}, false, d.err
}

func (d *directory) GroupsOf(hcp triage.HCP) (map[triage.GroupID]bool, []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := map[triage.GroupID]bool{"g-not": false}
	var unmatched []string
	for name := range strings.SplitSeq(hcp.Groups, ", ") {
		if id, ok := d.groups[name]; ok {
			ids[id] = true
		} else if name != "" {
			unmatched = append(unmatched, name)
		}
	}
	return ids, unmatched
}

func (d *directory) change(f func(*directory)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

// keyChecker knows two keys; some others fail as their name says.
type keyChecker struct{ asked atomic.Int32 }

func (k *keyChecker) CheckKey(_ context.Context, key triage.Key) (bool, error) {
	k.asked.Add(1)
	switch key.Reveal() {
	case "key-lists":
		return true, nil
	case "key-403", "key-403-too":
		return false, nil
	case "key-down":
		return false, triage.ErrUnavailable
	case "key-busy":
		return false, triage.ErrBusy
	}
	return false, triage.ErrKeyRefused
}

// house is a Manager behind a real server, over a real database.
type house struct {
	t         *testing.T
	store     *storage.Store
	file      string
	directory *directory
	keys      *keyChecker
	log       *strings.Builder
	now       atomic.Pointer[time.Time]
	options   auth.Options
	manager   *auth.Manager
	entered   chan struct{} // a request to /slow is under way
	release   chan struct{} // lets it go on
}

func sealerOf(t *testing.T, seeds ...byte) *auth.Sealer {
	t.Helper()
	var list []string
	for _, seed := range seeds {
		list = append(list, base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(seed)), 32))))
	}
	s, err := auth.NewSealer(strings.Join(list, ","))
	require.NoError(t, err)
	return s
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{
		t:         t,
		file:      filepath.Join(t.TempDir(), "board.db"),
		directory: newDirectory(),
		keys:      &keyChecker{},
		log:       &strings.Builder{},
		entered:   make(chan struct{}),
		release:   make(chan struct{}),
	}
	store, err := storage.Open(t.Context(), "sqlite:"+h.file)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	h.store = store
	h.advance(0)
	h.options = auth.Options{
		Store: store, Sessions: store.Sessions(), Sealer: sealerOf(t, 'a'),
		Directory: h.directory, Keys: h.keys,
		Personas:  []auth.Persona{{HCP: primary, Key: "persona-key"}, {HCP: admin, Key: "admin-key"}},
		PublicURL: &url.URL{Scheme: "http", Host: "board.test"},
		Lifetime:  12 * time.Hour,
		Now:       func() time.Time { return *h.now.Load() },
		Log:       slog.New(slog.NewTextHandler(h.log, nil)),
		Failed: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "failed: "+err.Error(), http.StatusInternalServerError)
		},
	}
	h.manager = auth.New(h.options)
	return h
}

func (h *house) advance(d time.Duration) {
	now := time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)
	if earlier := h.now.Load(); earlier != nil {
		now = *earlier
	}
	now = now.Add(d)
	h.now.Store(&now)
}

// handler is a small board: each route does one thing and says what came of it.
func (h *house) handler() http.Handler {
	m := h.manager
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, err error) {
		switch {
		case err == nil:
			_, _ = io.WriteString(w, "done")
		case errors.Is(err, auth.ErrSignIn):
			http.Error(w, "refused", http.StatusForbidden)
		default:
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
	mux.HandleFunc("POST /signin", func(w http.ResponseWriter, r *http.Request) {
		say(w, m.SignInWithKey(r.Context(), r.FormValue("email"), triage.Key(r.FormValue("key"))))
	})
	mux.HandleFunc("POST /persona", func(w http.ResponseWriter, r *http.Request) {
		say(w, m.SignInAsPersona(r.Context(), triage.HCPID(r.FormValue("persona"))))
	})
	mux.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) { say(w, m.SignOut(r.Context())) })
	mux.HandleFunc("POST /language", func(w http.ResponseWriter, r *http.Request) {
		m.SetLanguage(r.Context(), r.FormValue("language"))
		say(w, nil)
	})
	mux.HandleFunc("POST /flash", func(w http.ResponseWriter, r *http.Request) {
		say(w, m.Flash(r.Context(), auth.Flash{Kind: "processed", Alert: "a-1", Status: triage.StatusProcessed}))
	})
	mux.HandleFunc("POST /slow", func(w http.ResponseWriter, r *http.Request) {
		h.entered <- struct{}{}
		<-h.release
		say(w, m.Flash(r.Context(), auth.Flash{Kind: "late"}))
	})
	mux.HandleFunc("GET /flash", func(w http.ResponseWriter, r *http.Request) {
		f, ok := m.PopFlash(r.Context())
		_ = json.NewEncoder(w).Encode(map[string]any{"flash": f, "ok": ok})
	})
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		actor, ok := m.Actor(r.Context())
		_, noTheme := r.Cookie("theme")
		_ = json.NewEncoder(w).Encode(who{actor, ok, m.UnmatchedGroups(r.Context()), m.Language(r.Context()), noTheme == nil})
	})
	return m.Middleware(mux)
}

type who struct {
	Actor     triage.Actor
	SignedIn  bool
	Unmatched []string
	Language  string
	Theme     bool // the cookie of this name came along
}

// browser is one client with its cookies.
type browser struct {
	t      *testing.T
	server *httptest.Server
	client *http.Client
}

func (h *house) browser() *browser { return newBrowser(h.t, httptest.NewServer(h.handler())) }

func newBrowser(t *testing.T, server *httptest.Server) *browser {
	t.Helper()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := server.Client()
	client.Jar = jar
	return &browser{t, server, client}
}

// on is the same browser visiting another server at the same address.
func (b *browser) on(handler http.Handler) *browser {
	b.t.Helper()
	server := httptest.NewServer(handler)
	moved := newBrowser(b.t, server)
	from, err := url.Parse(b.server.URL)
	require.NoError(b.t, err)
	to, err := url.Parse(server.URL)
	require.NoError(b.t, err)
	moved.client.Jar.SetCookies(to, b.client.Jar.Cookies(from))
	return moved
}

func (b *browser) cookies() []*http.Cookie {
	address, err := url.Parse(b.server.URL)
	require.NoError(b.t, err)
	return b.client.Jar.Cookies(address)
}

func (b *browser) post(path string, form ...string) (int, string, *http.Response) {
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	response, err := b.client.PostForm(b.server.URL+path, values)
	return b.answer(response, err)
}

func (b *browser) get(path string) (int, string, *http.Response) {
	response, err := b.client.Get(b.server.URL + path)
	return b.answer(response, err)
}

func (b *browser) answer(response *http.Response, err error) (int, string, *http.Response) {
	b.t.Helper()
	require.NoError(b.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	require.NoError(b.t, response.Body.Close())
	return response.StatusCode, strings.TrimSpace(string(body)), response
}

func (b *browser) mustPost(path string, form ...string) *http.Response {
	b.t.Helper()
	status, body, response := b.post(path, form...)
	require.Equal(b.t, http.StatusOK, status, body)
	return response
}

func (b *browser) who() who {
	b.t.Helper()
	status, body, _ := b.get("/who")
	require.Equal(b.t, http.StatusOK, status, body)
	var w who
	require.NoError(b.t, json.Unmarshal([]byte(body), &w))
	return w
}

func (b *browser) signIn() {
	b.t.Helper()
	b.mustPost("/signin", "email", primary.Email, "key", "key-403")
	require.True(b.t, b.who().SignedIn)
}
