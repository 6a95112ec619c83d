package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestParseFlag(t *testing.T) {
	for raw, want := range map[string]Flag{
		"red": FlagRed, "RED": FlagRed, " Orange ": FlagOrange, "gray": FlagGray,
		"grey": FlagGray, "Grey": FlagGray, "\tGRAY\n": FlagGray,
		"Purple": "Purple", " purple ": " purple ", "reddish": "reddish", "": "",
	} {
		assert.Equal(t, want, ParseFlag(raw), "%q", raw)
	}
	for _, f := range []Flag{FlagRed, FlagOrange, FlagGray} {
		assert.True(t, f.Known(), f)
	}
	for _, f := range []Flag{"", "purple", "RED", "grey"} {
		assert.False(t, f.Known(), f)
	}
}

func TestParseType(t *testing.T) {
	for raw, want := range map[string]Type{
		"mea": TypeMeasurement, "MEA": TypeMeasurement, "Measurement": TypeMeasurement, "measurements": TypeMeasurement,
		"rem": TypeRemark, "Remark": TypeRemark, " remarks ": TypeRemark,
		"ovd": TypeOverdue, "OVERDUE": TypeOverdue, "overdues": TypeOverdue,
		"combination": TypeCombination, "Combinations": TypeCombination,
		"Trend": "Trend", " trend": " trend", "": "",
	} {
		assert.Equal(t, want, ParseType(raw), "%q", raw)
	}
	for _, known := range []Type{TypeMeasurement, TypeRemark, TypeOverdue, TypeCombination} {
		assert.True(t, known.Known(), known)
	}
	for _, unknown := range []Type{"", "trend", "MEA", "measurement"} {
		assert.False(t, unknown.Known(), unknown)
	}
}

func TestParseStatus(t *testing.T) {
	for raw, want := range map[string]Status{
		"open": StatusOpen, "Open": StatusOpen, " PROCESSED ": StatusProcessed, "Escalated": StatusEscalated,
		"Snoozed": "Snoozed", " snoozed": " snoozed", "": "",
	} {
		assert.Equal(t, want, ParseStatus(raw), "%q", raw)
	}
	for _, s := range []Status{StatusOpen, StatusProcessed, StatusEscalated} {
		assert.True(t, s.Known(), s)
	}
	for _, s := range []Status{"", "snoozed", "OPEN"} {
		assert.False(t, s.Known(), s)
	}
}

// An unknown status belongs to the open view, so that somebody looks at it.
func TestStatusView(t *testing.T) {
	for status, want := range map[Status]Status{
		StatusOpen: StatusOpen, StatusProcessed: StatusProcessed, StatusEscalated: StatusEscalated,
		"snoozed": StatusOpen, "": StatusOpen, "PROCESSED": StatusOpen,
	} {
		assert.Equal(t, want, status.View(), "%q", status)
	}
}

func TestActedBy(t *testing.T) {
	processed, escalated := noon.Add(-time.Hour), noon.Add(-2*time.Hour)
	a := Alert{ProcessedBy: "h-1", ProcessedAt: processed, EscalatedBy: "h-2", EscalatedAt: escalated}
	for status, want := range map[Status]struct {
		by HCPID
		at time.Time
	}{
		StatusProcessed: {"h-1", processed},
		StatusEscalated: {"h-2", escalated},
		StatusOpen:      {},
		"snoozed":       {},
	} {
		a.Status = status
		by, at := a.ActedBy()
		assert.Equal(t, want.by, by, status)
		assert.Equal(t, want.at, at, status)
	}
}

// R10: name parts stand as given, with single spaces between them.
func TestName(t *testing.T) {
	assert.Equal(t, "Anna van den Berg-de Vries",
		Patient{FirstName: "Anna", MiddleName: " van  den ", LastName: "Berg-de Vries"}.Name())
	assert.Equal(t, "Berg", Patient{LastName: "Berg"}.Name())
	assert.Empty(t, Patient{ID: "p-1"}.Name())
	assert.Equal(t, "Anna de Vries", HCP{FirstName: "Anna", MiddleName: "de", LastName: "Vries"}.Name())
	assert.Empty(t, HCP{ID: "h-1"}.Name())
}

func TestDay(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	assert.NoError(t, err)
	halfPastMidnight := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)
	assert.Equal(t, Day("2026-11-20"), DayOf(halfPastMidnight, time.UTC))
	assert.Equal(t, Day("2026-11-21"), DayOf(halfPastMidnight, amsterdam))

	assert.Equal(t, Day("2026-11-20"), Day("2026-11-20").Add(0))
	assert.Equal(t, Day("2026-12-01"), Day("2026-11-30").Add(1))
	assert.Equal(t, Day("2026-02-28"), Day("2026-03-01").Add(-1))
	assert.Equal(t, Day("2028-02-29"), Day("2028-03-01").Add(-1))
	assert.Equal(t, Day("2026-10-25"), Day("2026-10-24").Add(1), "the day the clocks change has one date too")
	assert.Equal(t, Day("soon"), Day("soon").Add(1))
}

func TestErrorsSayWhatTheyAre(t *testing.T) {
	assert.EqualError(t, &InvalidError{Field: "note", Reason: "invalid.note_long"}, "note: invalid.note_long")
	assert.EqualError(t, &ConflictError{Now: Alert{ID: "a-1", Status: StatusProcessed, ProcessedBy: "h-1"}},
		"alert a-1 was changed meanwhile: now processed")
}
