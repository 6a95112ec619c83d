package sandbox

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// invented is a population's alerts before anything keeps them, and its
// patients in the store's order.
func invented(t *testing.T, o Options) ([]*alert, *store) {
	t.Helper()
	s, err := New(o)
	require.NoError(t, err)
	byID := map[uuid]*patient{}
	for _, p := range s.store.patients {
		byID[p.id] = p
	}
	cohorts := newCohorts(s.seed)
	patients := newPatients(s.seed, epoch, o.Patients, cohorts)
	staff := newStaff(s.seed, epoch, cohorts)
	var alerts []*alert
	for a := range newHistory(s.seed, epoch, patients, staff, o.Open, o.total()) {
		a.patient = byID[a.patient.id]
		alerts = append(alerts, a)
	}
	return alerts, s.store
}

func TestTheArchiveGivesBackWhatItTook(t *testing.T) {
	alerts, s := invented(t, usual())
	var ar archive
	for _, a := range alerts {
		ar.add(a)
	}
	several := 0
	for i, want := range alerts {
		got := ar.alert(uint32(i), s.patients)
		assert.Empty(t, got.records, "they are kept already")
		got.records = ar.history(uint32(i))
		require.Equal(t, *want, got)
		if len(want.records) > 1 {
			several++
		}
	}
	assert.Greater(t, several, 20)

	a := ar.alert(7, s.patients)
	before := ar.history(7)
	a.apply(change{User: a.id, Status: statusEscalated, Note: "Graag meekijken."}, sourcePage, epoch.Add(time.Minute))
	added := a.records
	ar.put(7, &a)
	assert.Equal(t, append(before, added...), ar.history(7))
	again := ar.alert(7, s.patients)
	a.records = nil
	assert.Equal(t, a, again)
}

func TestOpenAlertsAndProcessedCountsAreKept(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	check := func() {
		t.Helper()
		open, processed := 0, map[uuid]int{}
		c.s.store.each(func(a *alert) {
			if a.status == statusOpen {
				open++
			}
			if a.processedBy != (uuid{}) {
				processed[a.processedBy]++
			}
		})
		assert.Equal(t, open, c.s.store.openSince(epoch.Add(-window-time.Hour)))
		for id, n := range c.s.store.processedBy() {
			assert.Equal(t, processed[id], n)
			delete(processed, id)
		}
		assert.Empty(t, processed)
	}
	check()
	id, other := c.an("open", ""), c.an("processed", "")
	for _, status := range []string{"processed", "processed", "open", "escalated", "open", "open"} {
		admin.put(id, `{"status":"`+status+`"}`)
		admin.put(other, `{"status":"`+status+`"}`)
		check()
	}
	c.fresh(epoch)
	check()
}

func TestAListOfAlertsIsTheJSONOfItsTypes(t *testing.T) {
	s, err := New(few())
	require.NoError(t, err)
	alerts, meta, err := s.store.alertPage(math.MinInt64, math.MaxInt64, paging{perPage: math.MaxInt}, s.signer)
	require.NoError(t, err)
	next, prev := "bmV4dA", "cHJldg"
	for _, meta := range []cursors{meta, {&next, nil}, {nil, &prev}} {
		for _, alerts := range [][]wireAlert{alerts, alerts[:1], {}} {
			want, err := json.Marshal(envelope{meta, alerts})
			require.NoError(t, err)
			require.Equal(t, string(want), string(alertList{meta, alerts}.json()))
		}
	}
}
