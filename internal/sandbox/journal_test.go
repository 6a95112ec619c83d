package sandbox

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a population with a journal in a folder of its own.
func small(t *testing.T) Options {
	t.Helper()
	o := few()
	o.Patients, o.Open = 40, 12
	o.StateFile = filepath.Join(t.TempDir(), "state.ndjson")
	return o
}

// state is all of a sandbox's alerts and histories, comparable.
func state(s *Sandbox) map[string]alert {
	all := map[string]alert{}
	s.store.each(func(a *alert) {
		c := *a
		// Another sandbox's people are other pointers.
		c.patient, c.group, c.program, c.protocol = nil, &named{a.group.id, a.patient.id.String()}, &named{id: a.program.ref()}, &named{id: a.protocol.ref()}
		all[a.id.String()] = c
	})
	return all
}

// lines are a journal's lines as JSON.
func lines(t *testing.T, path string) []object {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(data, []byte("\n")))
	var list []object
	for line := range bytes.Lines(data) {
		var o object
		require.NoError(t, json.Unmarshal(line, &o))
		list = append(list, o)
	}
	return list
}

func reopen(t *testing.T, o Options) *Sandbox {
	t.Helper()
	s, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func TestStateSurvivesARestart(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	require.Equal(t, http.StatusOK, admin.put(id, `{"status":"processed","category":"called_patient","additionalInfo":"Ëén regel\nen <nog> één."}`).status)
	require.Equal(t, http.StatusOK, admin.put(id, `{"status":"escalated"}`).status)
	require.NoError(t, c.s.arrive(epoch.Add(time.Minute)))
	arrived := c.fresh(epoch.Add(24 * time.Hour))
	require.Equal(t, http.StatusOK, admin.put(arrived, `{"status":"processed"}`).status)
	served := everything(t, c.s)

	later := o
	later.Now = func() time.Time { return epoch.Add(20 * time.Hour) }
	again := reopen(t, later)
	assert.Equal(t, state(c.s), state(again))
	assert.Equal(t, served, everything(t, again), "the stored epoch wins over now")

	// What arrives after the restart is new, not an earlier arrival once more.
	before := len(again.store.byID)
	require.NoError(t, again.arrive(epoch.Add(21*time.Hour)))
	assert.Len(t, again.store.byID, before+1)
}

func TestJournalHoldsEveryAppliedChangeAndNothingElse(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, who := c.persona("HC_ADMIN")
	viewer, _ := c.persona("HC_VIEW_ALL")
	id := c.an("open", "")

	viewer.put(id, `{"status":"processed"}`).refused(t, http.StatusForbidden, "forbidden", "")
	admin.put(id, `{"status":"gone"}`).refused(t, http.StatusUnprocessableEntity, "validation", "status")
	c.all("/v1/alerts", nil)
	require.Len(t, lines(t, o.StateFile), 1, "a refusal is no change")

	updated := admin.put(id, `{"status":"processed","category":"request_visit","additionalInfo":"Morgen."}`).data(t)
	arrived := c.fresh(epoch)
	list := lines(t, o.StateFile)
	require.Len(t, list, 3)
	assert.Equal(t, object{"sandbox": 1.0, "seed": 1.0, "patients": 40.0, "open": 12.0, "epoch": "2026-03-18T14:30:00Z"}, list[0])
	assert.Equal(t, object{"at": updated["updatedAt"], "change": object{
		"user": who.ID, "alert": id, "status": "processed", "category": "request_visit", "additionalInfo": "Morgen.",
	}}, list[1])
	assert.Equal(t, object{"at": "2026-03-18T14:30:00Z", "arrival": c.alerts(having("id", arrived))[0]}, list[2])

	info, err := os.Stat(o.StateFile)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestALineOfTheLargestRequestCanBeReadBack(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	body := `{"status":"open","category":"` + strings.Repeat("<", maxBody-100) + `"}`
	require.Equal(t, http.StatusOK, admin.put(c.an("open", ""), body).status)
	assert.Equal(t, state(c.s), state(reopen(t, o)))
}

func TestATornLastLineIsCutOff(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	kept := admin.put(c.an("open", ""), `{"status":"processed"}`).data(t)
	whole, err := os.ReadFile(o.StateFile)
	require.NoError(t, err)
	untorn := state(c.s)
	lost := admin.put(c.an("open", ""), `{"status":"processed"}`).data(t)
	full, err := os.ReadFile(o.StateFile)
	require.NoError(t, err)

	for _, size := range []int{len(whole) + 1, (len(whole) + len(full)) / 2, len(full) - 1} {
		require.NoError(t, os.WriteFile(o.StateFile, full[:size], 0o600))
		var log bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s := reopen(t, o)
		assert.Equal(t, untorn, state(s), "cut at %d", size)
		assert.Contains(t, log.String(), "torn")
		data, err := os.ReadFile(o.StateFile)
		require.NoError(t, err)
		assert.Equal(t, whole, data)

		id, ok := parseUUID(lost["id"].(string))
		require.True(t, ok)
		_, err = s.store.update(s.staff.personas[0], change{Alert: id, Status: statusEscalated, User: s.staff.personas[0].id}, epoch)
		require.NoError(t, err)
		assert.Len(t, lines(t, o.StateFile), 3, "what follows stands on a line of its own")
	}
	assert.NotEqual(t, kept["id"], lost["id"])
}

func TestATornHeaderStartsAnew(t *testing.T) {
	o := small(t)
	for _, content := range []string{"", `{"san`, `{"sandbox":1,"seed":1,`} {
		require.NoError(t, os.WriteFile(o.StateFile, []byte(content), 0o600))
		s := reopen(t, o)
		assert.Equal(t, 12, shapeOf(s).statuses["open"])
		assert.Len(t, lines(t, o.StateFile), 1)
	}
}

func TestStateFilesThatCannotBeUsed(t *testing.T) {
	const header = `{"sandbox":1,"seed":1,"patients":40,"open":12,"epoch":"2026-03-18T14:30:00Z"}` + "\n"
	for name, test := range map[string]struct{ content, want string }{
		"other seed":     {strings.Replace(header, `"seed":1`, `"seed":2`, 1), "--seed 2 --patients 40 --open 12"},
		"other patients": {strings.Replace(header, `40`, `41`, 1), "--patients 41"},
		"other open":     {strings.Replace(header, `12`, `13`, 1), "--open 13"},
		"other version":  {strings.Replace(header, `"sandbox":1`, `"sandbox":9`, 1), "version 9"},
		"broken header":  {`{"sandbox":1,"seed":` + "\n", "header"},
		"another file":   {"PATH=/bin\nHOME=/\n", "no sandbox state"},
		"one line only":  {"a note", "no sandbox state"},
		"broken line":    {header + "{\n" + `{"at":"2026-03-18T14:30:00Z"}` + "\n", "line 2"},
		"empty entry":    {header + `{"at":"2026-03-18T14:30:00Z"}` + "\n", "line 2"},
		"unknown alert":  {header + `{"at":"2026-03-18T14:30:00Z","change":{"alert":"5bb27383-6f87-429c-8559-48e3f111cecb","status":"open"}}` + "\n", "line 2: change of an unknown alert"},
		"unknown patient": {
			header + `{"at":"2026-03-18T14:30:00Z","arrival":{"id":"5bb27383-6f87-429c-8559-48e3f111cecb","userId":"5bb27383-6f87-429c-8559-48e3f111cecb"}}` + "\n",
			"line 2: arrival for an unknown patient",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := small(t)
			require.NoError(t, os.WriteFile(o.StateFile, []byte(test.content), 0o600))
			_, err := New(o)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, o.StateFile)
			data, err := os.ReadFile(o.StateFile)
			require.NoError(t, err)
			assert.Equal(t, test.content, string(data), "left as it was")
		})
	}
	o := small(t)
	o.StateFile = filepath.Join(o.StateFile, "below", "nothing")
	_, err := New(o)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAChangeThatCannotBeWrittenIsNotMade(t *testing.T) {
	c := start(t, small(t))
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	before := state(c.s)
	require.NoError(t, c.s.Close())

	admin.put(id, `{"status":"processed"}`).refused(t, http.StatusInternalServerError, "internal", "")
	assert.Error(t, c.s.arrive(epoch))
	assert.Equal(t, before, state(c.s))
}

func TestTopUpAfterALongAbsence(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	for _, a := range c.alerts(having("status", "open")) {
		require.Equal(t, http.StatusOK, admin.put(a["id"].(string), `{"status":"processed"}`).status)
	}

	o.Now = func() time.Time { return epoch.Add(23 * time.Hour) }
	assert.Zero(t, shapeOf(reopen(t, o)).statuses["open"], "what was done stays done")

	now := epoch.Add(80 * 24 * time.Hour)
	o.Now = func() time.Time { return now }
	s := reopen(t, o)
	open := 0
	s.store.each(func(a *alert) {
		if a.status == statusOpen {
			open++
			assert.True(t, a.createdAt.After(now.Add(-49*time.Hour)) && a.createdAt.Before(now))
		}
	})
	assert.Equal(t, 12, open)
	assert.Equal(t, state(s), state(reopen(t, o)), "topped up once, and in the journal")
}
