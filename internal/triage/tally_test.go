package triage

import (
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// R5: the counts are of everything that waits for this viewer.
func TestTallyCounts(t *testing.T) {
	var s Snapshot
	count := func(snap *Snapshot, a Actor) Counts {
		return NewTally(snap, a, Query{Status: StatusProcessed}.Settle(noon, nil)).Counts
	}
	add := func(n int, flag Flag, status Status, group GroupID) {
		for range n {
			id := AlertID(rune('a' + len(s.Entries)))
			s.Entries = append(s.Entries, &Entry{Alert: Alert{ID: id, Flag: flag, Status: status, Group: group}})
		}
	}
	add(3, FlagRed, StatusOpen, "g-1")
	add(1, FlagRed, StatusOpen, "g-2")
	add(2, FlagOrange, "snoozed", "g-1")
	add(1, FlagGray, StatusOpen, "g-1")
	add(4, "purple", StatusOpen, "g-1")
	add(2, FlagRed, StatusEscalated, "g-1")
	add(5, FlagGray, StatusEscalated, "g-2")
	snap := s.Freeze()
	mine := map[GroupID]bool{"g-1": true}

	assert.Equal(t, Counts{Red: 4, Orange: 2, Gray: 1, Unknown: 4}, count(snap, Actor{Role: RoleAdmin}))
	assert.Equal(t, Counts{Red: 4, Orange: 2, Gray: 1, Unknown: 4}, count(snap, Actor{Role: RoleViewAll}))
	assert.Equal(t, Counts{Red: 3, Orange: 2, Gray: 1, Unknown: 4}, count(snap, Actor{Role: RolePrimary, Groups: mine}))
	assert.Equal(t, Counts{Red: 2}, count(snap, Actor{Role: RoleSecondary, Groups: mine}))
	assert.Equal(t, Counts{}, count(snap, Actor{Role: "HC_NEW", Groups: mine}))
	assert.Equal(t, 1+2+3+4, Counts{Red: 1, Orange: 2, Gray: 3, Unknown: 4}.Total())
}

func TestTallyOutside(t *testing.T) {
	snap := Snapshot{
		Entries: []*Entry{
			{Alert: Alert{ID: "a-1", Flag: FlagRed, Status: StatusOpen, Type: TypeRemark}, Day: "2026-11-20"},
			{Alert: Alert{ID: "a-2", Flag: FlagRed, Status: StatusOpen}, Day: "2026-11-19"},
			{Alert: Alert{ID: "a-3", Flag: FlagRed, Status: StatusEscalated}, Day: "2026-11-18"},
		},
		Processed: []*Entry{{Alert: Alert{ID: "a-4", Flag: FlagRed, Status: StatusProcessed}, Day: "2026-11-17"}},
	}.Freeze()
	days := func(t *Tally) []Day { return slices.Sorted(t.Days()) }
	all := NewTally(snap, Actor{Role: RoleAdmin}, Query{Status: StatusOpen}.Settle(noon, nil))
	assert.Equal(t, []any{2, 0, 2, 1, 1}, []any{all.Total, all.Outside, all.View(StatusOpen), all.View(StatusEscalated), all.View(StatusProcessed)})
	assert.Equal(t, []Day{"2026-11-19", "2026-11-20"}, days(all))
	remarks := NewTally(snap, Actor{Role: RoleAdmin}, Query{Status: StatusOpen, Types: []Type{TypeRemark}}.Settle(noon, nil))
	assert.Equal(t, []int{1, 1}, []int{remarks.Total, remarks.Outside}, "R5: one red outside this filter")
	assert.Equal(t, []Day{"2026-11-20"}, days(remarks))
	assert.Equal(t, 2, NewTally(snap, Actor{Role: RoleAdmin}, Query{Status: StatusProcessed}.Settle(noon, nil)).Outside)
}

var anyActor = rapid.Custom(func(t *rapid.T) Actor {
	return Actor{
		Role:   rapid.SampledFrom([]Role{RoleAdmin, RoleViewAll, RolePrimary, RoleSecondary, "HC_NEW"}).Draw(t, "role"),
		Groups: map[GroupID]bool{anyGroup.Draw(t, "group of the actor"): true},
	}
})

var anyQuery = rapid.Custom(func(t *rapid.T) Query {
	return Query{
		Status: rapid.SampledFrom([]Status{StatusOpen, StatusEscalated, StatusProcessed}).Draw(t, "view"),
		Flags:  rapid.SliceOfN(anyFlag, 0, 2).Draw(t, "flags"),
		Types:  rapid.SliceOfN(anyType, 0, 2).Draw(t, "types"),
	}
})

// list is what a viewer's list holds.
func list(s *Snapshot, a Actor, q Query) map[AlertID]*Entry {
	out := map[AlertID]*Entry{}
	for _, e := range slices.Concat(s.Entries, s.Processed) {
		if a.Can(OpRead, e.Alert) && q.Settle(noon, nil).Match(&e.Alert) {
			out[e.ID] = e
		}
	}
	return out
}

// A page that counts from change to change and carries out the moves it is told
// shows what a page made anew would; and it is told nothing it may not see.
func TestTallyFollowsTheBoard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		actor, q := anyActor.Draw(t, "actor"), anyQuery.Draw(t, "query")
		now := anySnapshot.Draw(t, "first")
		tally, page := NewTally(now, actor, q.Settle(noon, nil)), list(now, actor, q)
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			next := anyNext(now).Draw(t, "next")
			d := Diff(now, next)
			moves := NewTally(now, actor, q.Settle(noon, nil)).Moves(d)
			moved := tally.Apply(d)
			require.Equal(t, moves, moved)
			for _, m := range moved {
				require.True(t, actor.Can(OpRead, m.Alert), "told of what they may not see")
				was, held := page[m.ID]
				inPlace := held && Compare(was.Alert, m.Alert) == 0
				require.Equal(t, m.Move == MoveNew, !held || !inPlace && m.Move != MoveLeave, "%s of %s", m.Move, m.ID)
				if m.Move == MoveLeave {
					delete(page, m.ID)
				} else {
					page[m.ID] = m.Entry
				}
			}
			now = next
			fresh := NewTally(now, actor, q.Settle(noon, nil))
			require.Equal(t, fresh.Counts, tally.Counts)
			require.Equal(t, fresh.Total, tally.Total)
			require.Equal(t, fresh.Outside, tally.Outside)
			for _, status := range []Status{StatusOpen, StatusEscalated, StatusProcessed} {
				require.Equal(t, fresh.View(status), tally.View(status))
			}
			require.Equal(t, maps.Collect(days(fresh)), maps.Collect(days(tally)))
			want := list(now, actor, q)
			require.Len(t, page, len(want))
			for id, e := range want {
				require.Equal(t, shown(e), shown(page[id]))
			}
		}
	})
}

func days(t *Tally) iter.Seq2[Day, bool] {
	return func(yield func(Day, bool) bool) {
		for d := range t.Days() {
			if !yield(d, true) {
				return
			}
		}
	}
}
