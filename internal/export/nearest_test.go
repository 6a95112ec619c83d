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
