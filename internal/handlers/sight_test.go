package handlers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
)

// What is looked through once serves those who see the same and ask the same, as
// long as no alert changes, and nobody else.
func TestASightIsSharedByThoseWhoSeeTheSame(t *testing.T) {
	snap := triage.Snapshot{Version: 1, Entries: []*triage.Entry{
		{Alert: triage.Alert{ID: "a-1", Group: "g-1", Flag: triage.FlagRed, Status: triage.StatusOpen}},
		{Alert: triage.Alert{ID: "a-2", Group: "g-2", Flag: triage.FlagGray, Status: triage.StatusOpen}},
		{Alert: triage.Alert{ID: "a-3", Group: "g-1", Flag: triage.FlagGray, Status: triage.StatusEscalated}},
	}}.Freeze()
	in := func(role triage.Role, groups ...triage.GroupID) triage.Actor {
		a := triage.Actor{ID: triage.HCPID(role), Role: role, Groups: map[triage.GroupID]bool{"g-none": false}}
		for _, g := range groups {
			a.Groups[g] = true
		}
		return a
	}
	open := triage.Query{Status: triage.StatusOpen}
	var c sights
	ids := func(s *sight) (ids []triage.AlertID) {
		for _, e := range s.matching {
			ids = append(ids, e.ID)
		}
		return ids
	}

	sight := func(snap *triage.Snapshot, actor triage.Actor, q triage.Query) *sight {
		return c.sight(snap, actor, q, q.Settle(time.Time{}, nil))
	}
	admin := sight(snap, in(triage.RoleAdmin), open)
	assert.Equal(t, []triage.AlertID{"a-1", "a-2"}, ids(admin))
	assert.Same(t, admin, sight(snap, triage.Actor{ID: "another", Role: triage.RoleAdmin}, open))
	for name, other := range map[string]struct {
		actor triage.Actor
		query triage.Query
		want  []triage.AlertID
	}{
		"another group":  {in(triage.RolePrimary, "g-1"), open, []triage.AlertID{"a-1"}},
		"other groups":   {in(triage.RolePrimary, "g-1", "g-2"), open, []triage.AlertID{"a-1", "a-2"}},
		"another role":   {in(triage.RoleSecondary, "g-1"), open, nil},
		"no rights":      {in("HC_NEW", "g-1"), open, nil},
		"another view":   {in(triage.RoleAdmin), triage.Query{Status: triage.StatusEscalated}, []triage.AlertID{"a-3"}},
		"another filter": {in(triage.RoleAdmin), triage.Query{Status: triage.StatusOpen, Flags: []triage.Flag{triage.FlagGray}}, []triage.AlertID{"a-2"}},
	} {
		assert.Equal(t, other.want, ids(sight(snap, other.actor, other.query)), name)
	}

	again := triage.Snapshot{Version: 2}.FreezeAs(snap)
	assert.Same(t, admin, sight(again, in(triage.RoleAdmin), open), "confirmed again, nothing else")
	changed := triage.Snapshot{Version: 3, Entries: snap.Entries[:1]}.Freeze()
	assert.Equal(t, []triage.AlertID{"a-1"}, ids(sight(changed, in(triage.RoleAdmin), open)))
	c.forget(changed)
	assert.Same(t, changed, c.of)
	c.forget(snap)
	assert.Nil(t, c.of, "what nobody will see any more isn't held")
}

// groupNamed is a directory that knows of one group.
type groupNamed struct {
	Names
	name    string
	version uint64
}

func (n *groupNamed) GroupName(triage.GroupID) string     { return n.name }
func (n *groupNamed) ProgramName(triage.ProgramID) string { return "" }
func (n *groupNamed) Version() uint64                     { return n.version }

// Filters are put in words once for each language, and again when a name changes.
func TestMenusAreWordedOnce(t *testing.T) {
	bundle, err := i18n.Load()
	require.NoError(t, err)
	names := &groupNamed{name: "COPD", version: 1}
	server := &Server{Options: Options{Names: names, Zone: time.UTC}}
	q := triage.Query{Status: triage.StatusOpen}
	s := newSight(triage.Snapshot{Entries: []*triage.Entry{
		{Alert: triage.Alert{ID: "a-1", Group: "g-1", Flag: triage.FlagRed, Status: triage.StatusOpen}},
	}}.Freeze(), triage.Actor{Role: triage.RoleAdmin}, q.Settle(time.Time{}, nil))
	flagAndGroup := func(language string) [2]string {
		v := &view{scribe: server.scribe(bundle.Match(language, ""))}
		menus := s.menusOf(v, q)
		assert.Same(t, &menus[0], &s.menusOf(v, q)[0], "once")
		return [2]string{menus[0].Choices[0].Label, menus[2].Choices[0].Label}
	}
	assert.Equal(t, [2]string{"Red", "COPD"}, flagAndGroup("en"))
	assert.Equal(t, [2]string{"Rood", "COPD"}, flagAndGroup("nl"))
	names.name, names.version = "Longen", 2
	assert.Equal(t, [2]string{"Red", "Longen"}, flagAndGroup("en"))
}
