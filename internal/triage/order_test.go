package triage

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// R1
func TestOrder(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	want := []Alert{
		{ID: "1", Flag: "purple", CreatedAt: at(5)},
		{ID: "2", Flag: "", CreatedAt: at(6)},
		{ID: "3", Flag: FlagRed, CreatedAt: at(1)},
		{ID: "5", Flag: FlagRed, CreatedAt: at(2).In(time.FixedZone("UTC-9", -9*3600))},
		{ID: "6", Flag: FlagRed, CreatedAt: at(2)},
		{ID: "4", Flag: FlagRed, CreatedAt: at(3), Type: "new", Status: "snoozed"},
		{ID: "7", Flag: FlagOrange, CreatedAt: at(-60)},
		{ID: "8", Flag: FlagGray, CreatedAt: at(-120)},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Compare)
	assert.Equal(t, want, got)
}

// R1: the order is total, so no two viewers ever see two orders.
func TestOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyAlert.Draw(t, "a"), anyAlert.Draw(t, "b"), anyAlert.Draw(t, "c")

		assert.Zero(t, Compare(a, a), "reflexive")
		assert.Equal(t, sign(Compare(a, b)), -sign(Compare(b, a)), "antisymmetric")
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 {
			assert.LessOrEqual(t, Compare(a, c), 0, "transitive")
		}
		if a.ID != b.ID {
			assert.NotZero(t, Compare(a, b), "two alerts never share a place")
		}
		if Compare(a, b) == 0 {
			assert.Equal(t, sign(Compare(a, c)), sign(Compare(b, c)), "equals are interchangeable")
		}
	})
}

// R1: the flag decides before age does, and age before the id, whatever else the
// alerts hold.
func TestOrderGoesByFlagThenAgeThenID(t *testing.T) {
	place := map[Flag]int{FlagRed: 1, FlagOrange: 2, FlagGray: 3} // 0: unknown
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAlert.Draw(t, "a"), anyAlert.Draw(t, "b")
		want := place[a.Flag] - place[b.Flag]
		if want == 0 {
			want = int(a.CreatedAt.Sub(b.CreatedAt))
		}
		if want == 0 {
			want = slices.Compare([]byte(a.ID), []byte(b.ID))
		}
		assert.Equal(t, sign(want), sign(Compare(a, b)))
	})
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
