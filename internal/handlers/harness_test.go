package handlers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/handlers"
	"triageboard/internal/i18n"
	"triageboard/internal/insight"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
	"triageboard/web/static"
	"triageboard/web/templates/markuptest"
)

// Who may sign in. Their groups are named as the group they are in.
var (
	admin     = triage.HCP{ID: "h-admin", FirstName: "Bo", LastName: "Jansen", Email: "b.jansen@hospital.test", Role: triage.RoleAdmin, Active: true}
	viewer    = triage.HCP{ID: "h-viewer", FirstName: "Kim", LastName: "Peters", Email: "k.peters@hospital.test", Role: triage.RoleViewAll, Active: true}
	primary   = triage.HCP{ID: "h-primary", FirstName: "Anna", MiddleName: "de", LastName: "Vries", Email: "a.devries@hospital.test", Role: triage.RolePrimary, Active: true, Groups: "COPD"}
	secondary = triage.HCP{ID: "h-secondary", FirstName: "Nora", LastName: "Bos", Email: "n.bos@hospital.test", Role: triage.RoleSecondary, Active: true, Groups: "COPD"}
)

// house is the real Server, with real sign-in on a real database, over fakes of
// what lies behind.
type house struct {
	t       *testing.T
	dir     string // where the database is
	board   *fakeBoard
	names   *fakeNames
	actions *fakeActions
	outbox  *fakeOutbox
	keys    *fakeKeys
	store   *storage.Store
	audit   *fakeAudit
	log     *logged
	auth    auth.Options
	options handlers.Options
	server  *handlers.Server
	words   *i18n.Bundle
}

// newHouse builds a house; settle may change the options before it stands.
func newHouse(t *testing.T, settle ...func(*house)) *house {
	t.Helper()
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), "sqlite:"+filepath.Join(dir, "board.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	sealer, err := auth.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	words, err := i18n.Load()
	require.NoError(t, err)

	h := &house{t: t, dir: dir, board: newFakeBoard(), names: people(), keys: &fakeKeys{}, store: store, log: &logged{}, words: words}
	h.audit = newFakeAudit(t, store, sealer)
	h.outbox = &fakeOutbox{board: h.board, audit: h.audit, change: func(alerts []triage.AlertID) { h.server.Delivered(alerts) }}
	h.actions = &fakeActions{Service: triage.NewService(h.board, h.outbox, time.Minute)}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.auth = auth.Options{
		Store: store, Sessions: store.Sessions(), Sealer: sealer, Directory: h.names, Keys: h.keys,
		PublicURL: &url.URL{Scheme: "http", Host: "board.test"}, Lifetime: 12 * time.Hour, Now: time.Now, Log: log,
		Failed: func(w http.ResponseWriter, r *http.Request, err error) { h.server.Fail(w, r, err) },
	}
	for _, p := range []triage.HCP{admin, viewer, primary, secondary} {
		h.auth.Personas = append(h.auth.Personas, auth.Persona{HCP: p, Key: triage.Key("key-of-" + string(p.ID))})
	}
	h.options = handlers.Options{
		Board: h.board, Names: h.names, Actions: h.actions, Outbox: h.outbox, Drafts: desk.NewDrafts(store, sealer, log),
		Settings: desk.NewSettingsKeeper(store, sealer, log), Searches: desk.NewSearches(store, sealer, log), Audit: h.audit, Words: words,
		Insights: insight.New(insight.Options{Store: store, Zone: time.UTC, Now: time.Now}), Zone: time.UTC,
		Categories: []handlers.Category{
			{Value: "request_visit", Labels: map[string]string{"nl": "Huisbezoek gevraagd", "en": "Visit requested"}},
			{Value: "no_action", Labels: map[string]string{"nl": "Geen actie nodig", "en": "No action needed"}},
		},
		Interval: interval, WindowDays: 2, Sandbox: true, Ready: store.Ping, Log: log,
	}
	for _, change := range settle {
		change(h)
	}
	h.options.PublicURL = h.auth.PublicURL
	h.options.Assets, err = static.Load(h.auth.PublicURL.Path)
	require.NoError(t, err)
	h.options.Auth = auth.New(h.auth)
	return h.rebuilt()
}

// rebuilt is the house after a change of its options.
func (h *house) rebuilt() *house {
	h.server = handlers.New(h.options)
	h.board.publish = h.server.Publish
	return h
}

func (h *house) brokenStorage(context.Context) error { return errBroken }

// at hosts the house below a public URL.
func at(public string) func(*house) {
	return func(h *house) {
		u, err := url.Parse(public)
		require.NoError(h.t, err)
		h.auth.PublicURL = u
	}
}

// withKeys lets people sign in by e-mail and key, as on a real Luscii.
func withKeys(h *house) {
	h.auth.Personas = nil
	h.options.Sandbox = false
}

func people() *fakeNames {
	n := &fakeNames{
		patients: map[triage.PatientID]triage.Patient{},
		hcps:     map[triage.HCPID]triage.HCP{},
		groups:   map[triage.GroupID]string{"g-copd": "COPD", "g-heart": "Hartfalen"},
		programs: map[triage.ProgramID]string{"pr-home": "Thuismeten", "pr-care": "Zorgpad"},
	}
	for _, p := range []triage.HCP{admin, viewer, primary, secondary} {
		n.hcps[p.ID] = p
	}
	n.patient(triage.Patient{
		ID: "p-berg", FirstName: "Saskia", MiddleName: "van den", LastName: "Berg-de Wit", BirthDate: "1945-07-14", Sex: "female",
		Number: "7001234", Phone: "+31 6 12345678", Protocol: "proto-1", ProtocolName: "COPD thuis",
	})
	n.patient(triage.Patient{ID: "p-smit", FirstName: "Jan", LastName: "Smit", BirthDate: "1950-01-02", Sex: "male", Number: "7005678"})
	return n
}

// created is when all alerts were, unless a test says otherwise; anHour is how
// long they wait, however slow the tests are.
var (
	created = time.Now().Add(-65 * time.Minute).UTC().Truncate(time.Millisecond)
	anHour  = regexp.MustCompile(`^1 h ([5-9]|[1-5]\d) min$`)
)

// anAlert is an open alert of the group COPD, created an hour ago.
func anAlert(id triage.AlertID, flag triage.Flag, changes ...func(*triage.Alert)) triage.Alert {
	a := triage.Alert{
		ID: id, Patient: "p-berg", Group: "g-copd", Program: "pr-home", Protocol: "proto-1",
		Type: triage.TypeMeasurement, Flag: flag, Status: triage.StatusOpen, CreatedAt: created, UpdatedAt: created,
	}
	for _, change := range changes {
		change(&a)
	}
	return a
}

func escalated(a *triage.Alert) {
	a.Status, a.EscalatedAt, a.EscalatedBy = triage.StatusEscalated, time.Now().UTC(), primary.ID
}

func processed(a *triage.Alert) {
	a.Status, a.ProcessedAt, a.ProcessedBy = triage.StatusProcessed, time.Now().UTC(), primary.ID
}

func inGroup(g triage.GroupID) func(*triage.Alert) { return func(a *triage.Alert) { a.Group = g } }
func ofPatient(p triage.PatientID) func(*triage.Alert) {
	return func(a *triage.Alert) { a.Patient = p }
}
func ofType(k triage.Type) func(*triage.Alert) { return func(a *triage.Alert) { a.Type = k } }

// say is a text of the English catalogue, in which browsers ask by default.
func (h *house) say(key string, args ...any) string {
	l := h.words.Match("en", "")
	require.True(h.t, l.Has(key), key)
	return l.T(key, args...)
}

// browser is one client with its cookies. It follows no redirect.
type browser struct {
	t       *testing.T
	server  *httptest.Server
	base    string // the path of the public URL
	client  *http.Client
	headers http.Header
	checks  []func(answer) // every answer goes through
}

// stranger is a browser that isn't signed in.
func (h *house) stranger() *browser {
	h.t.Helper()
	server := httptest.NewUnstartedServer(h.server.Handler())
	if h.auth.PublicURL.Scheme == "https" {
		server.StartTLS()
	} else {
		server.Start()
	}
	h.t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	client := server.Client()
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{
		t: h.t, server: server, base: strings.TrimRight(h.auth.PublicURL.Path, "/"), client: client,
		headers: http.Header{"Accept-Language": {"en"}},
	}
}

// as is a browser in which the persona has signed in.
func (h *house) as(p triage.HCP) *browser {
	h.t.Helper()
	b := h.stranger()
	a := b.post("/signin", url.Values{"persona": {string(p.ID)}})
	require.Equal(h.t, http.StatusSeeOther, a.status, a.body)
	return b
}

// answer is what came back, read completely.
type answer struct {
	t      *testing.T
	path   string
	status int
	header http.Header
	body   string
	doc    *goquery.Document // of HTML
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", headers...)
}

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// htmx is the headers of a request for fragments.
var htmx = []string{"HX-Request", "true"}

// do sends one request. Whatever the answer, it must keep the rules of all
// answers.
func (b *browser) do(method, path, body string, headers ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+b.base+path, strings.NewReader(body))
	require.NoError(b.t, err)
	for name, values := range b.headers {
		r.Header[name] = values
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer func() { assert.NoError(b.t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)

	a := answer{t: b.t, path: path, status: response.StatusCode, header: response.Header, body: string(text)}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && a.header.Get("Location") == "" {
		a.doc = markuptest.Check(b.t, a.body)
	}
	checkHeaders(a)
	for _, check := range b.checks {
		check(a)
	}
	return a
}

// cookies are the browser's, as it sends them.
func (b *browser) cookies() string {
	b.t.Helper()
	here, err := url.Parse(b.server.URL)
	require.NoError(b.t, err)
	var pairs []string
	for _, c := range b.client.Jar.Cookies(here) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	require.NotEmpty(b.t, pairs)
	return strings.Join(pairs, "; ")
}

// status is what a request outside the program's own pages gets.
func (b *browser) status(path string) int {
	b.t.Helper()
	response, err := b.client.Get(b.server.URL + path)
	require.NoError(b.t, err)
	require.NoError(b.t, response.Body.Close())
	return response.StatusCode
}

// logged collects the log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
