package directory_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/directory"
	"triageboard/internal/triage"
)

func inGroup(id triage.PatientID, group triage.GroupID, name string) triage.Patient {
	return triage.Patient{ID: id, LastName: string(id), Group: group, GroupName: name}
}

func TestNamesBehindIDs(t *testing.T) {
	anna := triage.Patient{ID: "p-1", FirstName: "Anna", LastName: "Bos", Group: "g-1", GroupName: "Hartfalen", Program: "x-1", ProgramName: "thuis"}
	nora := triage.HCP{ID: "h-1", FirstName: "Nora", Email: "n.bos@hospital.test", Active: true}
	gone := triage.HCP{ID: "h-2", FirstName: "Piet", Email: "p.bos@hospital.test"}
	d := filled(t, &source{
		patients: people[triage.Patient]{rows: []triage.Patient{
			anna,
			{ID: "p-2", Group: "g-2", GroupName: "COPD", Program: "x-2", ProgramName: "Ziekenhuis"},
			{ID: "p-3", Group: "g-3", GroupName: "astma"},
			{ID: "p-4", Group: "g-5", GroupName: "COPD"},
			{ID: "p-5", Group: "g-4", Program: "x-3"},
			{ID: "p-6", Group: "g-6", GroupName: " ", Program: "x-4", ProgramName: "\t"},
			{ID: "p-7", GroupName: "nobody's", ProgramName: "nobody's"},
		}},
		hcps: people[triage.HCP]{rows: []triage.HCP{nora, gone}},
	})

	assert.True(t, d.Ready())
	p, ok := d.Patient("p-1")
	assert.True(t, ok)
	assert.Equal(t, anna, p)
	h, ok := d.HCP("h-1")
	assert.True(t, ok)
	assert.Equal(t, nora, h)
	h, ok = d.HCP("h-2")
	assert.True(t, ok, "who left still has a name in the history")
	assert.Equal(t, gone, h)

	assert.Equal(t, "Hartfalen", d.GroupName("g-1"))
	assert.Equal(t, "thuis", d.ProgramName("x-1"))
	assert.Equal(t, []directory.Named[triage.GroupID]{{ID: "g-3", Name: "astma"}, {ID: "g-2", Name: "COPD"}, {ID: "g-5", Name: "COPD"}, {ID: "g-1", Name: "Hartfalen"}},
		d.Groups(), "by name, regardless of case, then by id")
	assert.Equal(t, []directory.Named[triage.ProgramID]{{ID: "x-1", Name: "thuis"}, {ID: "x-2", Name: "Ziekenhuis"}}, d.Programs())

	// What isn't known is said to be so, never guessed.
	p, ok = d.Patient("p-9")
	assert.False(t, ok)
	assert.Zero(t, p)
	h, ok = d.HCP("h-9")
	assert.False(t, ok)
	assert.Zero(t, h)
	for _, id := range []triage.GroupID{"g-9", "g-4", "g-6", ""} {
		assert.Empty(t, d.GroupName(id), id)
	}
	for _, id := range []triage.ProgramID{"x-9", "x-3", "x-4", ""} {
		assert.Empty(t, d.ProgramName(id), id)
	}
}

func TestNamesToSearchIn(t *testing.T) {
	d := filled(t, &source{patients: people[triage.Patient]{rows: []triage.Patient{
		{ID: "p-1", FirstName: "Jan", Number: "7", Group: "g-1", GroupName: "COPD", Program: "x-1", ProgramName: "Thuis"},
		{ID: "p-2", FirstName: "Els", Group: "g-2", GroupName: " "},
	}}})
	assert.Equal(t, map[triage.GroupID]string{"g-1": "COPD"}, maps.Collect(d.GroupNames()))
	assert.Equal(t, map[triage.ProgramID]string{"x-1": "Thuis"}, maps.Collect(d.ProgramNames()))
	var names []string
	for p := range d.Patients() {
		names = append(names, string(p.ID)+" "+p.Name()+" "+p.Number)
	}
	assert.ElementsMatch(t, []string{"p-1 Jan 7", "p-2 Els "}, names)
}

func TestBeforeTheFirstReading(t *testing.T) {
	d := newDirectory(&source{})
	assert.False(t, d.Ready())
	_, ok := d.Patient("p-1")
	assert.False(t, ok)
	_, ok = d.HCP("h-1")
	assert.False(t, ok)
	assert.Empty(t, d.GroupName("g-1"))
	assert.Empty(t, d.ProgramName("x-1"))
	assert.Empty(t, d.Groups())
	assert.Empty(t, d.Programs())
	ids, unmatched := d.GroupsOf(triage.HCP{Groups: "COPD"})
	assert.Empty(t, ids)
	assert.Equal(t, []string{"COPD"}, unmatched)
}

// DESIGN, "Sign-in": the export joins group names by commas, which names may
// hold themselves. Longest match first; ambiguous or unmatched grants nothing and
// is told.
func TestGroupsOf(t *testing.T) {
	d := filled(t, &source{patients: people[triage.Patient]{rows: []triage.Patient{
		inGroup("1", "g-copd", "COPD"),
		inGroup("2", "g-heart", "Hartfalen"),
		inGroup("3", "g-south", "Hartfalen, zuid"),
		inGroup("4", "g-long", "Hartfalen, zuid, nacht"),
		inGroup("5", "g-twin-1", "Zwanger"),
		inGroup("6", "g-twin-2", " zwanger "),
		inGroup("7", "g-blank", "  "),
		inGroup("8", "g-twin-3", "Zwanger, noord"),
		inGroup("9", "g-pair", "COPD, Hartfalen"),
		inGroup("10", "g-red", "Rood"),
		inGroup("11", "g-white", "Wit"),
		inGroup("12", "g-blue", "Blauw"),
		inGroup("13", "g-flag", "Rood, wit, blauw"),
		inGroup("14", "g-part", "Rood, wit, paars"),
	}}})
	for groups, want := range map[string]struct {
		ids       []triage.GroupID
		unmatched []string
	}{
		"":                                 {nil, nil},
		" , ,":                             {nil, nil},
		"COPD":                             {[]triage.GroupID{"g-copd"}, nil},
		" copd ,HARTFALEN":                 {[]triage.GroupID{"g-copd", "g-heart"}, nil},
		"COPD,COPD":                        {[]triage.GroupID{"g-copd"}, nil},
		"Hartfalen, zuid":                  {[]triage.GroupID{"g-south"}, nil},
		"Hartfalen,  Zuid,COPD":            {[]triage.GroupID{"g-south", "g-copd"}, nil},
		"Zwanger, noord, COPD, Hartfalen":  {[]triage.GroupID{"g-twin-3"}, []string{"COPD, Hartfalen"}},
		"Hartfalen, zuid, nacht,COPD":      {[]triage.GroupID{"g-copd", "g-long"}, nil},
		"Hartfalen, zuid, Hartfalen":       {[]triage.GroupID{"g-south", "g-heart"}, nil},
		"Hartfalen, nacht":                 {[]triage.GroupID{"g-heart"}, []string{"nacht"}},
		"zuid, Hartfalen":                  {[]triage.GroupID{"g-heart"}, []string{"zuid"}},
		"Diabetes, COPD":                   {[]triage.GroupID{"g-copd"}, []string{"Diabetes"}},
		"COPD noord,Hart":                  {nil, []string{"COPD noord", "Hart"}},
		"Zwanger":                          {nil, []string{"Zwanger"}},
		"COPD, Zwanger, Hartfalen":         {[]triage.GroupID{"g-copd", "g-heart"}, []string{"Zwanger"}},
		"Zwanger, noord":                   {[]triage.GroupID{"g-twin-3"}, nil},
		"g-copd":                           {nil, []string{"g-copd"}},
		"COPD,":                            {[]triage.GroupID{"g-copd"}, nil},
		"COPD, Hartfalen":                  {nil, []string{"COPD, Hartfalen"}},  // one group, or two?
		"rood, wit, blauw":                 {nil, []string{"rood, wit, blauw"}}, // one, or three?
		"rood, wit, paars":                 {[]triage.GroupID{"g-part"}, nil},
		"wit, blauw":                       {[]triage.GroupID{"g-white", "g-blue"}, nil},
		"Hartfalen, COPD":                  {[]triage.GroupID{"g-copd", "g-heart"}, nil},
		"Hartfalen, zuid, Diabetes, nacht": {[]triage.GroupID{"g-south"}, []string{"Diabetes", "nacht"}},
	} {
		ids, unmatched := d.GroupsOf(triage.HCP{Groups: groups})
		expected := map[triage.GroupID]bool{}
		for _, id := range want.ids {
			expected[id] = true
		}
		assert.Equal(t, expected, ids, "%q", groups)
		assert.Equal(t, want.unmatched, unmatched, "%q", groups)
	}
}
