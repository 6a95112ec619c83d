package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is when the tests' sandboxes begin.
var epoch = time.Date(2026, 3, 18, 14, 30, 0, 0, time.UTC)

// clock is a time tests move themselves. Not for concurrent use.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// usual are options of a population of the default size, at epoch.
func usual() Options {
	return Options{Seed: 1, Patients: 300, Open: 60, Now: func() time.Time { return epoch }}
}

// few are options of a smaller one, for tests that read all of it often.
func few() Options {
	o := usual()
	o.Patients, o.Open = 100, 30
	return o
}

// object is any JSON object; tests read answers by the pages' field names, not
// by the sandbox's own types.
type object = map[string]any

// caller calls a sandbox over HTTP with one key.
type caller struct {
	t    *testing.T
	s    *Sandbox
	base string
	http *http.Client
	key  string
}

// start makes a sandbox and serves it. The caller has the service key.
func start(t *testing.T, o Options) caller {
	t.Helper()
	s, err := New(o)
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		assert.NoError(t, s.Close())
	})
	return caller{t: t, s: s, base: server.URL, http: server.Client(), key: s.ServiceKey()}
}

// as is the same caller with another key.
func (c caller) as(key string) caller {
	c.key = key
	return c
}

// persona is the caller as the first persona of a role.
func (c caller) persona(role string) (caller, Persona) {
	c.t.Helper()
	for _, p := range c.s.Personas() {
		if p.Role == role {
			return c.as(p.Key), p
		}
	}
	require.Fail(c.t, "no persona", role)
	return c, Persona{}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   object // nil if it is no JSON object
}

func (c caller) call(method, path, body string) answer {
	c.t.Helper()
	a, err := c.try(c.t.Context(), method, path, body)
	require.NoError(c.t, err)
	return a
}

// try is call where no answer, or half of one, is to be expected.
func (c caller) try(ctx context.Context, method, path, body string) (answer, error) {
	c.t.Helper()
	response, err := c.open(ctx, method, path, body)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	a.raw, err = io.ReadAll(response.Body)
	if json.Unmarshal(a.raw, &a.body) != nil {
		a.body = nil
	}
	return a, err
}

// open is try with the body still to be read.
func (c caller) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewBufferString(body))
	require.NoError(c.t, err)
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	return c.http.Do(request)
}

func (c caller) get(path string) answer {
	c.t.Helper()
	return c.call(http.MethodGet, path, "")
}

func (c caller) put(id, body string) answer {
	c.t.Helper()
	return c.call(http.MethodPut, "/v1/alerts/"+id, body)
}

// data is a successful answer's object.
func (a answer) data(t *testing.T) object {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.raw)
	require.IsType(t, object{}, a.body["data"])
	return a.body["data"].(object)
}

// rows are a successful listing's objects.
func (a answer) rows(t *testing.T) []object {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.raw)
	list, ok := a.body["data"].([]any)
	require.True(t, ok, "data is no list: %s", a.raw)
	rows := make([]object, len(list))
	for i := range list {
		rows[i] = list[i].(object)
	}
	return rows
}

// cursor is nextCursor or prevCursor; empty for null.
func (a answer) cursor(t *testing.T, name string) string {
	t.Helper()
	meta, ok := a.body["meta"].(object)
	require.True(t, ok, "no meta: %s", a.raw)
	require.Contains(t, meta, name)
	text, _ := meta[name].(string)
	return text
}

// refused asserts an error in the envelope; an empty attribute is none.
func (a answer) refused(t *testing.T, status int, code, attribute string) {
	t.Helper()
	assert.Equal(t, status, a.status, "%s", a.raw)
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	list, _ := a.body["errors"].([]any)
	if !assert.Len(t, list, 1, "%s", a.raw) {
		return
	}
	e := list[0].(object)
	assert.Equal(t, code, e["code"])
	assert.NotEmpty(t, e["message"])
	if attribute == "" {
		assert.NotContains(t, e, "attribute")
	} else {
		assert.Equal(t, attribute, e["attribute"])
	}
	assert.NotContains(t, a.body, "data")
}

// all follows nextCursor through a listing.
func (c caller) all(path string, query url.Values) []object {
	c.t.Helper()
	if query == nil {
		query = url.Values{}
	}
	query.Set("perPage", "200")
	var rows []object
	for {
		a := c.get(path + "?" + query.Encode())
		rows = append(rows, a.rows(c.t)...)
		next := a.cursor(c.t, "nextCursor")
		if next == "" {
			return rows
		}
		query.Set("cursor", next)
	}
}

// alerts are all alerts that fulfil a condition.
func (c caller) alerts(condition func(object) bool) []object {
	c.t.Helper()
	var found []object
	for _, a := range c.all("/v1/alerts", nil) {
		if condition(a) {
			found = append(found, a)
		}
	}
	return found
}

func having(field string, value any) func(object) bool {
	return func(o object) bool { return o[field] == value }
}

// each visits every alert with all its records, in no order.
func (s *store) each(visit func(*alert)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, i := range s.byID {
		a := s.archive.alert(i, s.patients)
		a.records = s.archive.history(i)
		visit(&a)
	}
}

// an is the id of some alert of that status; in a group with that name unless
// it is empty.
func (c caller) an(status, group string) string {
	c.t.Helper()
	var found []string
	c.s.store.each(func(a *alert) {
		if a.status == status && (group == "" || a.group.name == group) {
			found = append(found, a.id.String())
		}
	})
	require.NotEmpty(c.t, found, "%s in %s", status, group)
	return slices.Min(found)
}

func keys(o object) []string {
	var names []string
	for name := range o {
		names = append(names, name)
	}
	return names
}

func TestOptionsBindDefaultsAndFlags(t *testing.T) {
	var o Options
	fs := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	o.Bind(fs)
	require.NoError(t, fs.Parse(nil))
	assert.Equal(t, Options{Seed: 1, Patients: 300, Open: 60, Arrivals: Rate{3, time.Minute}, Measurements: 2}, o)

	require.NoError(t, fs.Parse([]string{
		"--seed", "7", "--patients", "20", "--open=4", "--alerts", "900", "--arrivals", "10/s", "--faults", "latency=200ms,errors=0.2,malformed=0.05", "--state", "s.ndjson",
		"--measurements-a-day", "0.5", "--newer-reports",
	}))
	assert.Equal(t, Options{
		Seed: 7, Patients: 20, Open: 4, Alerts: 900, Arrivals: Rate{10, time.Second}, StateFile: "s.ndjson",
		Faults: Faults{Latency: 200 * time.Millisecond, Errors: 0.2, Malformed: 0.05}, Measurements: 0.5, NewerReports: true,
	}, o)
}

func TestNewReportsEveryWrongOption(t *testing.T) {
	_, err := New(Options{Patients: -1, Open: -1, Alerts: -1, Arrivals: Rate{Count: 1, Per: 7}, Faults: Faults{Errors: 2}})
	for _, problem := range []string{"patients:", "open:", "alerts:", "arrivals:", "faults: errors:"} {
		assert.ErrorContains(t, err, problem)
	}
	_, err = New(Options{Open: 1})
	assert.ErrorContains(t, err, "at least one patient")
	_, err = New(Options{Alerts: 1})
	assert.ErrorContains(t, err, "at least one patient")
	_, err = New(Options{Patients: maxPatients + 1, Open: maxAlerts + 1, Alerts: maxAlerts + 1})
	for _, problem := range []string{"patients: 100001", "open: 1000001", "alerts: 1000001"} {
		assert.ErrorContains(t, err, problem)
	}
	_, err = New(Options{Patients: 5, Open: 10, Alerts: 9})
	assert.ErrorContains(t, err, "fewer than the 10 open ones")
}

func TestAnEmptySandboxServesEmptyLists(t *testing.T) {
	c := start(t, Options{Seed: 1})
	for _, path := range []string{"/v1/alerts", "/v1/patients"} {
		a := c.get(path)
		assert.Empty(t, a.rows(t))
		assert.Empty(t, a.cursor(t, "nextCursor"))
		assert.Empty(t, a.cursor(t, "prevCursor"))
		assert.JSONEq(t, `{"meta":{"nextCursor":null,"prevCursor":null},"data":[]}`, string(a.raw))
	}
	assert.NoError(t, c.s.arrive(epoch), "nobody to arrive for is no error")
}

func TestPersonasCoverTheRolesAndOutliveARestart(t *testing.T) {
	first, err := New(few())
	require.NoError(t, err)
	later := few()
	later.Now = func() time.Time { return epoch.AddDate(0, 2, 0) }
	second, err := New(later)
	require.NoError(t, err)
	assert.Equal(t, first.Personas(), second.Personas())
	assert.Equal(t, first.ServiceKey(), second.ServiceKey())

	other := few()
	other.Seed = 2
	third, err := New(other)
	require.NoError(t, err)
	assert.NotEqual(t, first.ServiceKey(), third.ServiceKey())

	roles, seen := map[string]int{}, map[string]bool{first.ServiceKey(): true}
	twoGroups := false
	for _, p := range first.Personas() {
		roles[p.Role]++
		assert.False(t, seen[p.Key], "key of %s is unique", p.Name)
		seen[p.Key] = true
		twoGroups = twoGroups || p.Role == "HC_PRIMARY" && len(p.Groups) == 2
		assert.Equal(t, p.Role == "HC_PRIMARY" || p.Role == "HC_SECONDARY", len(p.Groups) > 0, p.Name)
	}
	assert.GreaterOrEqual(t, roles["HC_ADMIN"], 1)
	assert.GreaterOrEqual(t, roles["HC_VIEW_ALL"], 1)
	assert.GreaterOrEqual(t, roles["HC_PRIMARY"], 2)
	assert.GreaterOrEqual(t, roles["HC_SECONDARY"], 2)
	assert.True(t, twoGroups)
}
