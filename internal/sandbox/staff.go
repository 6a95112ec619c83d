package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// hcp is a health-care professional, or the service user.
type hcp struct {
	id         uuid
	name       fullName
	email      string
	role       role
	status     string
	groups     []*named
	key        string
	lastLogin  time.Time
	lastLogout time.Time
}

// staff is everybody with a key.
type staff struct {
	personas []*hcp
	service  *hcp
	all      []*hcp // by id
	byKey    map[string]*hcp
}

// colleagueCount makes the hcps report longer than one page.
const colleagueCount = 52

// personaTable is who may be acted as: always the same people. Fatima and Daan
// share a group, so that two can meet at one alert.
var personaTable = []struct {
	name   fullName
	label  string // in the key
	role   role
	groups []int // of newCohorts
}{
	{fullName{"Sanne", "de", "Vries"}, "admin", roleAdmin, nil},
	{fullName{"Pieter", "", "Bakker"}, "viewer", roleViewAll, nil},
	{fullName{"Fatima", "", "Amrani"}, "primary", rolePrimary, []int{0}},
	{fullName{"Daan", "", "Visser"}, "primary", rolePrimary, []int{0, 1}},
	{fullName{"Marieke", "van den", "Berg-Jansen"}, "primary", rolePrimary, []int{2, 5}},
	{fullName{"Joost", "", "Hendriks"}, "secondary", roleSecondary, []int{2, 3}},
	{fullName{"Lotte", "van", "Dijk"}, "secondary", roleSecondary, []int{0, 1}},
}

// newStaff makes the professionals. Who they are follows from the seed alone;
// only their last sign-in from the epoch.
func newStaff(s seed, epoch time.Time, cohorts []*cohort) *staff {
	st := &staff{byKey: map[string]*hcp{}}
	rng := s.stream("staff")
	taken := map[string]bool{}
	hire := func(h *hcp, label string) *hcp {
		h.id = newUUID(rng)
		h.key = fmt.Sprintf("sbx-%s-%016x%016x", label, rng.Uint64(), rng.Uint64())
		mailbox := h.name.mailbox()
		for n := 2; taken[mailbox]; n++ {
			mailbox = fmt.Sprintf("%s%d", h.name.mailbox(), n)
		}
		taken[mailbox] = true
		h.email = mailbox + "@zandbak.example"
		if h.status != statusCreated {
			h.lastLogin = epoch.Add(-time.Duration(rng.IntN(14*24*3600)+3600) * time.Second)
			h.lastLogout = h.lastLogin.Add(time.Duration(rng.IntN(3600)) * time.Second)
		}
		st.all = append(st.all, h)
		st.byKey[h.key] = h
		return h
	}

	for _, p := range personaTable {
		h := &hcp{name: p.name, role: p.role, status: statusActive}
		for _, g := range p.groups {
			h.groups = append(h.groups, cohorts[g].group)
		}
		st.personas = append(st.personas, hire(h, p.label))
	}
	st.service = hire(&hcp{name: fullName{"Koppeling", "", "Triage"}, role: roleViewAll, status: statusActive}, "service")
	for i := range colleagueCount {
		hire(inventColleague(rng, i, cohorts), "colleague")
	}
	slices.SortFunc(st.all, func(a, b *hcp) int { return a.id.compare(b.id) })
	return st
}

// inventColleague makes a professional who isn't offered for sign-in: every
// group has at least one HC_PRIMARY, some accounts aren't active.
func inventColleague(rng *rand.Rand, i int, cohorts []*cohort) *hcp {
	h := &hcp{name: inventName(rng, chance(rng, 0.75), 25+rng.IntN(40)), role: rolePrimary, status: statusActive}
	h.groups = []*named{cohorts[i%len(cohorts)].group}
	if other := oneOf(rng, cohorts).group; chance(rng, 0.3) && other != h.groups[0] {
		h.groups = append(h.groups, other)
	}
	switch {
	case i < len(cohorts): // stays as it is
	case i%10 == 7:
		h.status = statusInactive
	case i%25 == 9:
		h.status = statusCreated
	case i%4 == 1:
		h.role = roleSecondary
	case i%17 == 3:
		h.role, h.groups = roleViewAll, nil
	}
	return h
}

// assessors are the active professionals who may process alerts of a group.
func (st *staff) assessors(group *named) []*hcp {
	var list []*hcp
	for _, h := range st.all {
		if h.status == statusActive && h.role == rolePrimary && slices.Contains(h.groups, group) {
			list = append(list, h)
		}
	}
	return list
}

// colleagues are those assessors of a group who aren't personas.
func (st *staff) colleagues(group *named) []*hcp {
	return slices.DeleteFunc(st.assessors(group), func(h *hcp) bool { return slices.Contains(st.personas, h) })
}

// byID is the professional of an identifier; nil if there is none.
func (st *staff) byID(id uuid) *hcp {
	i, found := slices.BinarySearchFunc(st.all, id, func(h *hcp, id uuid) int { return h.id.compare(id) })
	if !found {
		return nil
	}
	return st.all[i]
}

// inactive is somebody whose account is no longer active.
func (st *staff) inactive() *hcp {
	i := slices.IndexFunc(st.all, func(h *hcp) bool { return h.status == statusInactive })
	return st.all[i]
}
