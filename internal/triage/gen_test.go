package triage

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// noon is the moment the tests of this package are about.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// The generators draw from few values, so that alerts often agree in all but one
// of them: that is where an order or a comparison goes wrong.
var (
	anyFlag   = rapid.SampledFrom([]Flag{FlagRed, FlagOrange, FlagGray, "purple", ""})
	anyType   = rapid.SampledFrom([]Type{TypeMeasurement, TypeRemark, TypeOverdue, TypeCombination, "new"})
	anyStatus = rapid.SampledFrom([]Status{StatusOpen, StatusProcessed, StatusEscalated, "snoozed"})
	anyGroup  = rapid.SampledFrom([]GroupID{"g-copd", "g-heart", ""})
)

// anyMoment is one of a few, within a minute of noon.
var anyMoment = rapid.Custom(func(t *rapid.T) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "seconds")) * 20 * time.Second)
})

var anyAlert = rapid.Custom(func(t *rapid.T) Alert {
	return Alert{
		ID:        AlertID(fmt.Sprintf("a-%d", rapid.IntRange(0, 7).Draw(t, "id"))),
		Patient:   "p-1",
		Group:     anyGroup.Draw(t, "group"),
		Type:      anyType.Draw(t, "type"),
		Flag:      anyFlag.Draw(t, "flag"),
		Status:    anyStatus.Draw(t, "status"),
		CreatedAt: anyMoment.Draw(t, "created"),
		UpdatedAt: anyMoment.Draw(t, "updated"),
	}
})

var anyDay = rapid.SampledFrom([]Day{"2026-11-20", "2026-11-19", "2026-10-01"})

// anySnapshot holds every alert at most once, as the board's do.
var anySnapshot = rapid.Custom(func(t *rapid.T) *Snapshot { return drawSnapshot(t, nil) })

// anyNext is a snapshot that follows another and shares entries with it, as the
// board's do.
func anyNext(before *Snapshot) *rapid.Generator[*Snapshot] {
	return rapid.Custom(func(t *rapid.T) *Snapshot {
		var kept []*Entry
		for _, e := range slices.Concat(before.Entries, before.Processed) {
			if rapid.Bool().Draw(t, "kept") {
				kept = append(kept, e)
			}
		}
		return drawSnapshot(t, kept)
	})
}

// drawSnapshot draws a snapshot that holds these entries and others.
func drawSnapshot(t *rapid.T, kept []*Entry) *Snapshot {
	alerts := rapid.SliceOfNDistinct(anyAlert, 0, 8, func(a Alert) AlertID { return a.ID }).Draw(t, "alerts")
	s := Snapshot{Days: []DayState{
		{Day: "2026-11-20", ConfirmedAt: anyMoment.Draw(t, "today confirmed")},
		{Day: "2026-11-19", Former: anyMoment.Draw(t, "yesterday confirmed")},
	}}
	entries := slices.Clone(kept)
	for _, a := range alerts {
		if !slices.ContainsFunc(kept, func(e *Entry) bool { return e.ID == a.ID }) {
			entries = append(entries, &Entry{
				Alert: a, Day: anyDay.Draw(t, "day"), ConfirmedAt: anyMoment.Draw(t, "confirmed"), Missing: rapid.Bool().Draw(t, "missing"),
			})
		}
	}
	for _, e := range entries {
		if e.Status == StatusProcessed {
			s.Processed = append(s.Processed, e)
		} else {
			s.Entries = append(s.Entries, e)
		}
	}
	return s.Freeze()
}
