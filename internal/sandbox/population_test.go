package sandbox

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shape counts alerts by what matters.
type shape struct {
	total                  int
	types, flags, statuses map[string]int
	sources                map[string]int // of what ended the processed ones
	openFlags              map[string]int
	recentOpen, reopened   int // of the open ones
}

func shapeOf(s *Sandbox) shape {
	sh := shape{openFlags: map[string]int{}, types: map[string]int{}, flags: map[string]int{}, sources: map[string]int{}, statuses: map[string]int{}}
	s.store.each(func(a *alert) {
		sh.total++
		sh.types[a.kind]++
		sh.flags[a.flag]++
		sh.statuses[a.status]++
		if a.status == statusOpen {
			sh.openFlags[a.flag]++
			if a.createdAt.After(epoch.Add(-48 * time.Hour)) {
				sh.recentOpen++
			}
			if len(a.records) > 0 {
				sh.reopened++
			}
		}
		if a.status == statusProcessed {
			sh.sources[a.records[len(a.records)-1].source]++
		}
	})
	return sh
}

func TestShapeOfTheUsualPopulation(t *testing.T) {
	s, err := New(usual())
	require.NoError(t, err)
	sh := shapeOf(s)
	assert.Equal(t, 60, sh.statuses["open"])
	assert.Equal(t, map[string]int{"red": 3, "orange": 21, "gray": 36}, sh.openFlags)
	assert.InDelta(t, 54, sh.recentOpen, 2)
	assert.GreaterOrEqual(t, sh.reopened, 3)
	assert.Equal(t, 7, sh.statuses["escalated"])
	assert.InDelta(t, 4320, sh.total, 1)
	for _, kind := range []string{"mea", "rem", "ovd", "combination"} {
		assert.Greater(t, sh.types[kind], 50, kind)
	}
	assert.Greater(t, sh.flags["red"], 20)
	processed := float64(sh.statuses["processed"])
	assert.InDelta(t, 0.79, float64(sh.sources["autoprocessed"])/processed, 0.02)
	for _, source := range []string{"alerts_page", "alerts_page_process_all", ""} {
		assert.Greater(t, sh.sources[source], 20, "actionSource %q", source)
	}
}

func TestOtherSizes(t *testing.T) {
	for _, o := range []Options{
		{Seed: 1, Patients: 1, Open: 5},
		{Seed: 3, Patients: 4, Open: 0},
		{Seed: 9, Patients: 40, Open: 12},
		{Seed: 2, Patients: 50, Open: 2000},
	} {
		o.Now = func() time.Time { return epoch }
		s, err := New(o)
		require.NoError(t, err)
		assert.Equal(t, o.Open, shapeOf(s).statuses["open"], "%+v", o)
		assert.Len(t, s.store.patients, o.Patients)
	}
}

func TestEveryAlertMakesSense(t *testing.T) {
	for seed := range uint64(5) {
		o := usual()
		o.Seed = seed
		s, err := New(o)
		require.NoError(t, err)
		withoutMeasurement := 0
		s.store.each(func(a *alert) {
			assert.False(t, a.createdAt.Before(epoch.Add(-window)) || a.createdAt.After(epoch), "createdAt within the window")
			assert.False(t, a.updatedAt.Before(a.createdAt) || a.updatedAt.After(epoch), "updatedAt since createdAt: %v %v", a.createdAt, a.updatedAt)
			assert.Equal(t, a.status == statusProcessed, !a.processedAt.IsZero())
			assert.False(t, a.status == statusEscalated && a.escalatedAt.IsZero())
			assert.True(t, a.patient.eligible())
			assert.Same(t, a.patient.cohort.group, a.group)
			if a.kind == typeOverdue {
				assert.Zero(t, a.measurement, "nothing was measured")
				assert.Zero(t, a.instrument)
			}
			if a.kind == typeMeasurement && a.measurement == (uuid{}) {
				withoutMeasurement++
			}
			last := a.createdAt.Add(-time.Second)
			for _, r := range a.records {
				assert.True(t, r.at.After(last), "records follow each other")
				last = r.at
			}
			if len(a.records) > 0 {
				assert.Equal(t, a.updatedAt, last)
				assert.Equal(t, a.records[len(a.records)-1].source == sourceAuto, a.processedBy == (uuid{}) && a.status == statusProcessed)
			}
		})
		assert.NotZero(t, withoutMeasurement, "mea without a measurement, as in the page's sample")
		if t.Failed() {
			return
		}
	}
}

func TestPeopleAreBelievable(t *testing.T) {
	s, err := New(usual())
	require.NoError(t, err)
	births := map[string]map[string]bool{}
	groups, prefixed, partnered, longest := map[string]int{}, 0, 0, 0
	for _, p := range s.store.patients {
		name := p.name.String()
		if births[name] == nil {
			births[name] = map[string]bool{}
		}
		births[name][p.born] = true
		longest = max(longest, utf8.RuneCountInString(name))
		if p.name.middle != "" {
			prefixed++
		}
		if strings.Contains(p.name.last, "-") {
			partnered++
		}
		if p.cohort == nil {
			assert.Equal(t, statusCreated, p.status)
			continue
		}
		groups[p.cohort.group.name]++
		born, err := time.Parse(time.DateOnly, p.born)
		require.NoError(t, err)
		age := epoch.Sub(born).Hours() / 24 / 365.25
		assert.GreaterOrEqual(t, age, float64(p.cohort.minAge), "%s in %s", name, p.cohort.group.name)
		assert.Less(t, age, float64(p.cohort.maxAge)+2, "%s in %s", name, p.cohort.group.name)
		assert.False(t, p.cohort.womenOnly && p.sex != sexFemale)
	}
	assert.Len(t, births["Jan de Vries"], 2, "two of the same name, born on different days")
	assert.Contains(t, births, "Catharina van den Berg-Jansen")
	assert.Contains(t, births, "Johan Bakker")
	assert.Contains(t, births, "Johanna Bakker")
	assert.Equal(t, 60, longest)
	assert.Greater(t, prefixed, 60)
	assert.Greater(t, partnered, 15)
	assert.Len(t, groups, 6)
	assert.NotZero(t, groups["Oncologie, nazorg"], "a comma in a name")
}

// R10: names that are alike must meet on the board.
func TestLookAlikesHaveOpenAlerts(t *testing.T) {
	s, err := New(usual())
	require.NoError(t, err)
	open := map[string]map[string]bool{}
	s.store.each(func(a *alert) {
		if a.status == statusOpen {
			name := a.patient.name.String()
			if open[name] == nil {
				open[name] = map[string]bool{}
			}
			open[name][a.patient.born] = true
		}
	})
	for _, n := range notables {
		assert.True(t, open[n.name.String()][n.born], n.name.String())
	}
}

func TestEveryPersonaHasSomethingToDo(t *testing.T) {
	c := start(t, usual())
	for _, p := range c.s.Personas() {
		for _, group := range p.Groups {
			if p.Role == "HC_PRIMARY" {
				assert.NotEmpty(t, c.an("open", group))
			}
			assert.NotEmpty(t, c.an("escalated", group), "%s in %s", p.Name, group)
		}
	}
}

func TestEveryGroupCanBeFoundThroughAPatient(t *testing.T) {
	o := usual()
	o.Patients, o.Open = 10, 0
	s, err := New(o)
	require.NoError(t, err)
	found := map[*named]bool{}
	for _, p := range s.store.patients {
		found[p.cohort.group] = true
	}
	for _, h := range s.staff.all {
		for _, g := range h.groups {
			assert.True(t, found[g], g.name)
		}
	}
}

// everything is what a sandbox serves, as bytes: first pages, and every
// history.
func everything(t *testing.T, s *Sandbox) string {
	t.Helper()
	handler := s.Handler()
	var all strings.Builder
	read := func(method, path string) {
		request := httptest.NewRequest(method, path, nil)
		request.Header.Set("Authorization", "Bearer "+s.ServiceKey())
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		require.Equal(t, http.StatusOK, response.Code, path)
		all.Write(response.Body.Bytes())
	}
	read(http.MethodGet, "/v1/alerts?perPage=200")
	read(http.MethodGet, "/v1/patients?perPage=200")
	read(http.MethodPost, "/v1/export/hcps")
	alerts, _, err := s.store.alertPage(math.MinInt64, math.MaxInt64, paging{perPage: math.MaxInt}, s.signer)
	require.NoError(t, err)
	for _, a := range alerts {
		read(http.MethodGet, "/v1/alerts/"+a.ID.String()+"/information")
	}
	return all.String()
}

func TestSameSeedAndEpochGiveTheSameBytes(t *testing.T) {
	serve := func(change func(*Options)) string {
		o := few()
		change(&o)
		s, err := New(o)
		require.NoError(t, err)
		return everything(t, s)
	}
	same := serve(func(*Options) {})
	assert.Equal(t, same, serve(func(*Options) {}))
	assert.NotEqual(t, same, serve(func(o *Options) { o.Seed = 2 }))
	assert.NotEqual(t, same, serve(func(o *Options) { o.Now = func() time.Time { return epoch.Add(time.Hour) } }))
}
