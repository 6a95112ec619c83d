package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// fakeAudit keeps events at once, in a real chain in the real database, unless it
// is told to fail; and remembers what was given to it.
type fakeAudit struct {
	*storage.Store
	t     *testing.T
	chain *audit.Chain

	mu     sync.Mutex
	events []audit.Event
	queued []audit.Event // those of events that were queued
	fails  func(audit.Event) error
}

var errAudit = errors.New("audit disk full")

func newFakeAudit(t *testing.T, store *storage.Store, sealer *auth.Sealer) *fakeAudit {
	t.Helper()
	chain, err := audit.NewChain([][]byte{bytes.Repeat([]byte{5}, 32)}, sealer)
	require.NoError(t, err)
	return &fakeAudit{Store: store, t: t, chain: chain, fails: func(audit.Event) error { return nil }}
}

func (f *fakeAudit) Record(ctx context.Context, events ...audit.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		if err := f.fails(e); err != nil {
			return err
		}
	}
	for _, e := range events {
		e.At = time.Now()
		if _, err := f.AppendAudit(ctx, f.chain, e); err != nil {
			return err
		}
		f.events = append(f.events, e)
	}
	return nil
}

func (f *fakeAudit) Queue(ctx context.Context, e audit.Event) error {
	err := f.Record(ctx, e)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queued = append(f.queued, e)
	return err
}

// taken is what was recorded since it was asked last.
func (f *fakeAudit) taken() []audit.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.events
	f.events = nil
	return out
}

// asShipped is the whole trail as it leaves the program, and how many records it
// has.
func (f *fakeAudit) asShipped() (string, int) {
	f.t.Helper()
	var records []audit.Record
	for r, err := range f.AuditRecords(f.t.Context(), audit.Filter{}) {
		require.NoError(f.t, err)
		records = append(records, r)
	}
	var out bytes.Buffer
	require.NoError(f.t, audit.WriteStream(&out, records))
	return out.String(), len(records)
}

// recorded is events in short: what, how it ended, by whom, about whom and what.
func recorded(events []audit.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", e.Action, e.Outcome, e.User, e.Patient, e.Object.ID))
	}
	return out
}

// R19, R20: everything there is to audit, with everything that R19 asks of it.
func TestAudited(t *testing.T) {
	h := newHouse(t, at("https://board.test/ward/3"))
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed, ofPatient("p-smit")), anAlert("a-heart", triage.FlagRed, inGroup("g-heart")))
	b := h.stranger()

	b.post("/signin", url.Values{"persona": {"h-primary"}})
	in := h.audit.taken()
	assert.Equal(t, []string{"sign_in done h-primary  " + in[0].Object.ID}, recorded(in))
	assert.Equal(t, audit.KindSession, in[0].Object.Kind)
	assert.NotEmpty(t, in[0].Object.ID)
	assert.Equal(t, "HC_PRIMARY", in[0].Role)
	assert.Equal(t, audit.ByPersona, in[0].Basis.Rule)

	b.get("/?flag=red")
	list := h.audit.taken()
	require.Equal(t, []string{"list_shown done h-primary  "}, recorded(list))
	assert.Equal(t, audit.Details{View: "open", Rows: 2, Total: 2, Patients: []string{"p-berg", "p-smit"}}, list[0].Details)
	assert.Equal(t, audit.Private{Terms: "flag:red"}, list[0].Private)
	assert.Equal(t, "https://board.test/ward/3", list[0].AccessPoint)
	assert.Equal(t, audit.Basis{Rule: audit.ByRoleAndGroup, Groups: []string{"g-copd"}}, list[0].Basis)

	page := b.get("/alerts/a-1?status=open", htmx...)
	shown := h.audit.taken()
	require.Equal(t, []string{"alert_shown done h-primary p-berg a-1"}, recorded(shown))
	assert.Equal(t, "https://board.test/ward/3/alerts/{id}", shown[0].AccessPoint)
	assert.Equal(t, page.header.Get("X-Request-Id"), shown[0].RequestID)
	assert.Equal(t, audit.Basis{Rule: audit.ByRoleAndGroup, Groups: []string{"g-copd"}}, shown[0].Basis)
	assert.Equal(t, audit.KindAlert, shown[0].Object.Kind)

	b.get("/alerts/a-1/escalate?status=open")
	assert.Equal(t, []string{"alert_shown done h-primary p-berg a-1"}, recorded(h.audit.taken()))

	b.post("/alerts/a-1?status=open", decide(h, "a-1", "processed", "note", "Called.", "category", "request_visit"))
	changed := h.audit.taken()
	require.Equal(t, []string{"alert_changed begun h-primary p-berg a-1"}, recorded(changed), "how it ends, the outbox records")
	assert.Equal(t, audit.Details{Was: "open", Is: "processed"}, changed[0].Details)
	assert.Equal(t, audit.Private{Note: "Called.", Category: "request_visit"}, changed[0].Private)
	assert.NotEmpty(t, changed[0].RequestID)
	h.outbox.confirm()
	h.audit.taken()

	b.post("/alerts/a-1?status=processed", decide(h, "a-1", "processed", "note", "More."))
	assert.Equal(t, []string{"note_added begun h-primary p-berg a-1"}, recorded(h.audit.taken()))
	h.outbox.confirm()
	h.audit.taken()

	assert.Equal(t, http.StatusNotFound, b.get("/alerts/a-heart").status)
	foreign := h.audit.taken()
	assert.Equal(t, []string{"alert_shown denied h-primary p-berg a-heart"}, recorded(foreign))
	assert.Equal(t, audit.ByNothing, foreign[0].Basis.Rule)
	assert.Equal(t, http.StatusNotFound, b.get("/alerts/Saskia").status)
	unknown := h.audit.taken()
	assert.Equal(t, []string{"alert_shown denied h-primary  "}, recorded(unknown), "what was typed could be a name")
	assert.Equal(t, audit.Private{Asked: "Saskia"}, unknown[0].Private)

	assert.Equal(t, http.StatusForbidden, b.get("/audit").status)
	assert.Equal(t, []string{"audit_shown denied h-primary  "}, recorded(h.audit.taken()))
	b.post("/alerts/a-2", nil, "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, []string{"page_asked denied h-primary  "}, recorded(h.audit.taken()))
	b.post("/language", url.Values{"lang": {"en"}})
	assert.Empty(t, h.audit.taken(), "the language is nobody's business")

	b.post("/signin", url.Values{"persona": {"h-viewer"}})
	assert.Equal(t, []string{"session_ended done h-primary  " + in[0].Object.ID, "sign_in done h-viewer  "},
		[]string{recorded(h.audit.events)[0], recorded(h.audit.events)[1][:len("sign_in done h-viewer  ")]})
	h.audit.taken()
	assert.Equal(t, http.StatusForbidden, b.get("/alerts/a-1/escalate").status)
	assert.Equal(t, []string{"alert_shown denied h-viewer p-berg a-1"}, recorded(h.audit.taken()))
	b.post("/signout", nil)
	assert.Equal(t, "sign_out done h-viewer", recorded(h.audit.taken())[0][:len("sign_out done h-viewer")])
	b.get("/")
	assert.Empty(t, h.audit.taken(), "who isn't signed in is shown nothing")

	report := &audit.Report{}
	require.NoError(t, h.store.AuditTrail(t.Context(), func(trail audit.Trail) (err error) {
		report, err = h.audit.chain.Verify(trail, nil)
		return err
	}))
	assert.True(t, report.OK(), report.Breaks)
}

// What counts as a list shown: what somebody asked for, and what shows patients
// they weren't shown since they signed in.
func TestListsShown(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	h.audit.taken()
	patients := func() (out [][]string) {
		for _, e := range h.audit.taken() {
			require.Equal(t, audit.ListShown, e.Action)
			out = append(out, e.Details.Patients)
		}
		return out
	}
	b.get("/")
	assert.Equal(t, [][]string{{"p-berg"}}, patients())
	b.get("/", htmx...)
	assert.Empty(t, patients(), "a page asking by itself")
	b.get("/", "HX-Request", "true", "HX-Target", "div#more")
	assert.Equal(t, [][]string{nil}, patients(), "more")
	b.get("/")
	assert.Equal(t, [][]string{nil}, patients(), "a page again")
	h.board.put(anAlert("a-2", triage.FlagRed, ofPatient("p-smit")), anAlert("a-3", triage.FlagGray, ofPatient("p-smit")))
	b.get("/", htmx...)
	assert.Equal(t, [][]string{{"p-smit"}}, patients(), "somebody new")
	b.get("/", htmx...)
	assert.Empty(t, patients())
	another := h.as(primary)
	h.audit.taken()
	another.get("/")
	assert.Equal(t, [][]string{{"p-berg", "p-smit"}}, patients(), "each sign-in for itself")
	h.audit.mu.Lock()
	defer h.audit.mu.Unlock()
	assert.Len(t, h.audit.queued, 5, "lists are queued")
}

// R20: a decision that isn't accepted is told, and why.
func TestDecisionsThatFailAreAudited(t *testing.T) {
	for _, tc := range []struct {
		fails   error
		outcome audit.Outcome
		reason  string
	}{
		{&triage.ConflictError{Now: anAlert("a-1", triage.FlagRed, escalated)}, audit.Conflict, "changed"},
		{&triage.InFlightError{}, audit.Conflict, "in_flight"},
		{triage.ErrForbidden, audit.Denied, "no_right"},
		{triage.ErrUnrecorded, audit.Failed, "unrecorded"},
		{triage.ErrUnavailable, audit.Failed, "unavailable"},
		{errBroken, audit.Failed, "error"},
	} {
		h := newHouse(t)
		h.board.put(anAlert("a-1", triage.FlagRed))
		b := h.as(primary)
		h.actions.fails = tc.fails
		h.audit.taken()
		b.post("/alerts/a-1", decide(h, "a-1", "processed"), htmx...)
		events := h.audit.taken()
		require.Len(t, events, 2, tc.fails)
		assert.Equal(t, audit.AlertChanged, events[0].Action)
		assert.Equal(t, tc.outcome, events[0].Outcome, tc.fails)
		assert.Equal(t, tc.reason, events[0].Details.Reason)
		assert.Equal(t, audit.AlertShown, events[1].Action, "the answer shows the alert")
	}
}

// Wrong input shows the alert as well.
func TestAWrongFormIsAudited(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	h.audit.taken()
	b.post("/alerts/a-1", url.Values{"status": {"closed"}}, htmx...)
	assert.Equal(t, []string{"alert_shown done h-primary p-berg a-1"}, recorded(h.audit.taken()))
}

// R20: no change, no alert, no list and no sign-in without its record.
func TestNothingHappensUnrecorded(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	form := decide(h, "a-1", "processed", "note", "long thought about")
	h.audit.fails = func(audit.Event) error { return errAudit }
	for _, path := range []string{"/", "/?after=a-1", "/alerts/a-1?status=open", "/alerts/a-1/escalate", "/alerts/unknown"} {
		page := b.get(path)
		assert.Equal(t, http.StatusInternalServerError, page.status, path)
		assert.Contains(t, page.text("main .notice"), h.say("error.unrecorded"), path)
		assert.NotContains(t, page.body, "Saskia", path)
		assert.NotContains(t, page.body, errAudit.Error())
	}
	for _, headers := range [][]string{nil, htmx} {
		a := b.post("/alerts/a-1?status=open", form, headers...)
		assert.Equal(t, http.StatusInternalServerError, a.status)
		assert.Contains(t, a.text(".notice"), h.say("failed.unrecorded"))
		assert.Contains(t, a.body, "long thought about", "the note is kept")
		assert.NotContains(t, a.body, "Saskia")
	}
	assert.Empty(t, h.outbox.all(), "nothing is accepted")
	assert.Contains(t, h.log.String(), errAudit.Error())

	in := h.stranger()
	assert.Equal(t, http.StatusInternalServerError, in.post("/signin", url.Values{"persona": {"h-primary"}}).status)
	assert.Equal(t, http.StatusSeeOther, in.get("/").status, "nobody is signed in")
	assert.Equal(t, http.StatusInternalServerError, in.post("/signin", url.Values{"persona": {"nobody"}}).status)

	assert.Equal(t, http.StatusSeeOther, b.post("/signout", nil).status, "a way out there is always")
	assert.Equal(t, "/signin", b.get("/").location())
}

// What has happened can't be refused any more: its record waits for storage.
func TestTheRecordOfWhatHappenedIsKeptLater(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	h.audit.fails = func(e audit.Event) error {
		if e.Outcome == audit.Conflict && e.Action == audit.AlertChanged {
			return errAudit
		}
		return nil
	}
	form := decide(h, "a-1", "processed")
	h.board.put(anAlert("a-1", triage.FlagRed, escalated, func(a *triage.Alert) { a.UpdatedAt = time.Now() }))
	assert.Equal(t, http.StatusConflict, b.post("/alerts/a-1?status=open", form).status)
	h.audit.mu.Lock()
	defer h.audit.mu.Unlock()
	assert.True(t, slices.ContainsFunc(h.audit.queued, func(e audit.Event) bool { return e.Action == audit.AlertChanged }))
}

// R20: refused sign-ins, with the e-mail sealed.
func TestRefusedSignInsAreAudited(t *testing.T) {
	for name, tc := range map[string]struct {
		email, key string
		fails      error
		want       string
		reason     string
	}{
		"unknown e-mail":    {"who@hospital.test", "my-key", nil, "sign_in denied   ", "no active professional has this e-mail"},
		"refused key":       {"a.devries@hospital.test", "nonsense", nil, "sign_in denied h-primary  ", "Luscii refuses the key"},
		"key doesn't fit":   {"a.devries@hospital.test", "all-key", nil, "sign_in denied h-primary  ", "the key doesn't fit the role"},
		"Luscii is silent":  {"a.devries@hospital.test", "my-key", triage.ErrUnavailable, "sign_in failed   ", "unavailable"},
		"the limit is used": {"a.devries@hospital.test", "my-key", triage.ErrBusy, "sign_in failed   ", "busy"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, withKeys)
			h.keys.fails = tc.fails
			h.stranger().post("/signin", url.Values{"email": {tc.email}, "key": {tc.key}})
			events := h.audit.taken()
			require.Equal(t, []string{tc.want}, recorded(events))
			assert.Equal(t, audit.Private{Email: tc.email}, events[0].Private)
			assert.Equal(t, tc.reason, events[0].Details.Reason)
		})
	}
}

// What the stream brings is recorded where it shows somebody new.
func TestStreamedPatientsAreAudited(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.get("/")
	stream := b.listen("?status=open")
	stream.next("heartbeat")
	h.audit.taken()
	h.board.put(anAlert("a-1", triage.FlagOrange))
	stream.next("rows")
	assert.Empty(t, h.audit.taken())
	h.board.put(anAlert("a-2", triage.FlagRed, ofPatient("p-smit")))
	stream.next("rows")
	events := h.audit.taken()
	require.Equal(t, []string{"list_shown done h-primary  "}, recorded(events))
	assert.Equal(t, []string{"p-smit"}, events[0].Details.Patients)
}
