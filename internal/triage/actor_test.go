package triage

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseRole(t *testing.T) {
	for raw, want := range map[string]Role{
		"HC_ADMIN": RoleAdmin, "hc_admin": RoleAdmin, " Hc_View_All ": RoleViewAll,
		"hc_primary": RolePrimary, "HC_SECONDARY": RoleSecondary,
		"hc_new": "hc_new", " x ": " x ", "": "",
	} {
		assert.Equal(t, want, ParseRole(raw), "%q", raw)
	}
}

func TestReadsAll(t *testing.T) {
	for role, want := range map[Role]bool{
		RoleAdmin: true, RoleViewAll: true, RolePrimary: false, RoleSecondary: false, "hc_new": false, "": false,
	} {
		assert.Equal(t, want, role.ReadsAll(), role)
	}
}

// Every right: role, operation, own or foreign group, status, whether the alert
// was ever escalated.
func TestCan(t *testing.T) {
	type alertKind struct {
		own           bool
		status        Status
		onceEscalated bool
	}
	always := func(alertKind) bool { return true }
	never := func(alertKind) bool { return false }
	own := func(k alertKind) bool { return k.own }
	ownEscalated := func(k alertKind) bool { return k.own && (k.onceEscalated || k.status == StatusEscalated) }

	var kinds []alertKind
	for _, own := range []bool{true, false} {
		for _, once := range []bool{true, false} {
			for _, status := range []Status{StatusOpen, StatusProcessed, StatusEscalated, "snoozed"} {
				kinds = append(kinds, alertKind{own, status, once})
			}
		}
	}
	may := map[Role]map[Op]func(alertKind) bool{
		RoleAdmin:     {OpRead: always, OpAct: always},
		RoleViewAll:   {OpRead: always, OpAct: never},
		RolePrimary:   {OpRead: own, OpAct: own},
		RoleSecondary: {OpRead: ownEscalated, OpAct: ownEscalated},
		"hc_admin":    {OpRead: never, OpAct: never},
		"HC_NEW":      {OpRead: never, OpAct: never},
		"":            {OpRead: never, OpAct: never},
	}
	for role, ops := range may {
		actor := Actor{ID: "h-1", Role: role, Groups: map[GroupID]bool{"g-own": true, "g-left": false}}
		for op, want := range ops {
			for _, k := range kinds {
				for _, foreign := range []GroupID{"g-foreign", "g-left", ""} {
					a := Alert{ID: "a-1", Group: foreign, Status: k.status}
					if k.own {
						a.Group = "g-own"
					}
					if k.onceEscalated {
						a.EscalatedAt = noon
					}
					assert.Equal(t, want(k), actor.Can(op, a), fmt.Sprintf("%q op %d %+v", role, op, a))
				}
			}
		}
	}
}

// What isn't one alert, by role.
func TestMay(t *testing.T) {
	everything := []Op{OpRead, OpAct, OpReports, OpNational, OpInsights, OpWorkload, OpAudit}
	for role, granted := range map[Role][]Op{
		RoleAdmin:     everything,
		RoleViewAll:   {OpRead, OpReports, OpInsights},
		RolePrimary:   {OpRead, OpAct},
		RoleSecondary: {OpRead, OpAct},
		"hc_admin":    nil, "HC_NEW": nil, "": nil,
	} {
		for _, op := range everything {
			assert.Equal(t, slices.Contains(granted, op), Actor{Role: role}.May(op), "%q op %d", role, op)
		}
	}
}

func TestKnowsGroup(t *testing.T) {
	groups := map[GroupID]bool{"g-own": true, "g-left": false}
	for role, want := range map[Role][2]bool{
		RoleAdmin: {true, true}, RoleViewAll: {true, true}, RolePrimary: {true, false}, RoleSecondary: {true, false}, "HC_NEW": {false, false},
	} {
		actor := Actor{Role: role, Groups: groups}
		assert.Equal(t, want, [2]bool{actor.KnowsGroup("g-own"), actor.KnowsGroup("g-left")}, role)
	}
}

func TestDefaultView(t *testing.T) {
	for role, want := range map[Role]Status{
		RoleAdmin: StatusOpen, RoleViewAll: StatusOpen, RolePrimary: StatusOpen, RoleSecondary: StatusEscalated, "HC_NEW": StatusOpen,
	} {
		assert.Equal(t, want, Actor{Role: role}.DefaultView(), role)
	}
}
