package export

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNearest(t *testing.T) {
	for typed, want := range map[string]Type{
		"measurement": Measurements, "Alerts": Alerts, "hcp": HCPs, "starratings": StarRatings, "patientMutation": PatientsMutations,
		"usersStatusChangeReason": UsersStatusChangeReasons,
	} {
		r, ok := Nearest(typed)
		assert.True(t, ok, typed)
		assert.Equal(t, want, r.Type)
	}
	for _, typed := range []string{"", "everything", "x"} {
		_, ok := Nearest(typed)
		assert.False(t, ok, typed)
	}
}

func TestUntil(t *testing.T) {
	today := time.Date(2026, 3, 1, 0, 0, 0, 0, amsterdam)
	assert.Equal(t, Range{"2026-02-27", "2026-03-01"}, Range{"2026-02-27", "2026-03-09"}.Until(today))
	assert.Equal(t, Range{"2026-02-27", "2026-02-28"}, Range{"2026-02-27", "2026-02-28"}.Until(today))
	assert.Equal(t, Range{}, Range{}.Until(today))
}

func TestRangesHaveDays(t *testing.T) {
	assert.Zero(t, Range{}.Length())
	leap := Range{From: "2024-02-28", To: "2024-03-01"}
	assert.Equal(t, 3, leap.Length())
	assert.Equal(t, []string{"2024-02-28", "2024-02-29", "2024-03-01"}, []string{leap.Day(0), leap.Day(1), leap.Day(2)})
	ages := Range{From: "0001-01-01", To: "2026-11-23"}
	assert.Equal(t, ages.To, ages.Day(ages.Length()-1))
	assert.Less(t, testing.AllocsPerRun(10, func() { ages.Length() }), 10.0, "however long it is")
}
