package triage

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseQuery(t *testing.T) {
	parse := func(raw string) Query {
		v, err := url.ParseQuery(raw)
		require.NoError(t, err)
		q, err := ParseQuery(v, Query{Status: StatusEscalated})
		require.NoError(t, err)
		return q
	}
	assert.Equal(t, Query{Status: StatusEscalated}, parse(""), "no status: the fallback")
	assert.Equal(t, Query{Status: StatusEscalated}, parse("status=&flag=&group=&other=1"), "empty values are none")
	assert.Equal(t, Query{Status: StatusProcessed}, parse("status=processed"))
	assert.Equal(t, Query{
		Status: StatusOpen, Flags: []Flag{"red", "unknown"}, Types: []Type{"mea", "Trend"}, Groups: []GroupID{"g 1", "g,2"}, Programs: []ProgramID{"p"},
	}, parse("status=open&flag=red&flag=unknown&flag=red&type=mea&type=Trend&group=g+1&group=g%2C2&program=p&program=p"))
}

// Bad input: a status outside the three is refused and named, never guessed.
func TestParseQueryRefusesOtherStatuses(t *testing.T) {
	for _, status := range []string{"snoozed", "OPEN", "unknown", " open"} {
		q, err := ParseQuery(url.Values{"status": {status}, "flag": {"red"}}, Query{Status: StatusOpen})
		var invalid *InvalidError
		require.ErrorAs(t, err, &invalid, status)
		assert.Equal(t, InvalidError{Field: "status", Reason: "invalid.status"}, *invalid)
		assert.Equal(t, Query{Status: StatusOpen}, q)
	}
}

func TestParseQueryRefusesFiltersNobodySets(t *testing.T) {
	for _, name := range []string{"flag", "type", "group", "program"} {
		_, err := ParseQuery(url.Values{name: slices.Repeat([]string{"x"}, 50)}, Query{Status: StatusOpen})
		require.NoError(t, err)
		_, err = ParseQuery(url.Values{name: {"x", strings.Repeat("x", 200)}}, Query{Status: StatusOpen})
		require.NoError(t, err)

		for _, values := range [][]string{slices.Repeat([]string{"x"}, 51), {"x", strings.Repeat("x", 201)}} {
			q, err := ParseQuery(url.Values{"status": {"processed"}, "flag": {"red"}, name: values}, Query{Status: StatusOpen})
			var invalid *InvalidError
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, InvalidError{Field: name, Reason: "invalid.filter"}, *invalid)
			assert.Equal(t, Query{Status: StatusProcessed}, q, "the view alone")
		}
	}
}

func TestQuerySurvivesItsQueryString(t *testing.T) {
	text := rapid.StringN(1, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		v := url.Values{"status": {string(rapid.SampledFrom([]Status{StatusOpen, StatusProcessed, StatusEscalated}).Draw(t, "status"))}}
		for _, name := range []string{"flag", "type", "group", "program"} {
			v[name] = rapid.SliceOfN(rapid.OneOf(text, rapid.SampledFrom([]string{"red", "mea", "unknown", ""})), 0, 4).Draw(t, name)
		}
		q, err := ParseQuery(v, Query{Status: StatusEscalated})
		require.NoError(t, err)

		sent, err := url.ParseQuery(q.Values().Encode())
		require.NoError(t, err)
		again, err := ParseQuery(sent, Query{})
		require.NoError(t, err)
		assert.Equal(t, q, again)
	})
}

func TestFiltered(t *testing.T) {
	assert.False(t, Query{Status: StatusEscalated}.Filtered())
	for _, q := range []Query{{Flags: []Flag{"red"}}, {Types: []Type{"mea"}}, {Groups: []GroupID{"g"}}, {Programs: []ProgramID{"p"}}} {
		assert.True(t, q.Filtered(), "%+v", q)
	}
}

func TestMatch(t *testing.T) {
	a := Alert{Flag: FlagRed, Type: TypeRemark, Status: StatusOpen, Group: "g-1", Program: "p-1"}
	odd := Alert{Flag: "purple", Type: "trend", Status: "snoozed", Group: "g-1"}
	for name, tc := range map[string]struct {
		q     Query
		a     Alert
		match bool
	}{
		"the view alone":                  {Query{Status: StatusOpen}, a, true},
		"another view":                    {Query{Status: StatusEscalated}, a, false},
		"an unknown status, open view":    {Query{Status: StatusOpen}, odd, true},
		"an unknown status, another view": {Query{Status: StatusProcessed}, odd, false},
		"one of the flags":                {Query{Status: StatusOpen, Flags: []Flag{FlagGray, FlagRed}}, a, true},
		"none of the flags":               {Query{Status: StatusOpen, Flags: []Flag{FlagGray, unknownValue}}, a, false},
		"unknown flags":                   {Query{Status: StatusOpen, Flags: []Flag{unknownValue}}, odd, true},
		"an unknown flag by its name":     {Query{Status: StatusOpen, Flags: []Flag{"purple"}}, odd, true},
		"another unknown flag":            {Query{Status: StatusOpen, Flags: []Flag{"pink"}}, odd, false},
		"one of the types":                {Query{Status: StatusOpen, Types: []Type{TypeRemark, TypeOverdue}}, a, true},
		"none of the types":               {Query{Status: StatusOpen, Types: []Type{TypeOverdue, unknownValue}}, a, false},
		"unknown types":                   {Query{Status: StatusOpen, Types: []Type{unknownValue}}, odd, true},
		"an unknown type by its name":     {Query{Status: StatusOpen, Types: []Type{"trend"}}, odd, true},
		"another unknown type":            {Query{Status: StatusOpen, Types: []Type{"slope"}}, odd, false},
		"one of the groups":               {Query{Status: StatusOpen, Groups: []GroupID{"g-2", "g-1"}}, a, true},
		"none of the groups":              {Query{Status: StatusOpen, Groups: []GroupID{"g-2"}}, a, false},
		"one of the programs":             {Query{Status: StatusOpen, Programs: []ProgramID{"p-2", "p-1"}}, a, true},
		"none of the programs":            {Query{Status: StatusOpen, Programs: []ProgramID{"p-2"}}, a, false},
		"no program":                      {Query{Status: StatusOpen, Programs: []ProgramID{"p-1"}}, odd, false},
		"all filters agree": {Query{
			Status: StatusOpen, Flags: []Flag{FlagRed}, Types: []Type{TypeRemark}, Groups: []GroupID{"g-1"}, Programs: []ProgramID{"p-1"},
		}, a, true},
		"one filter of several disagrees": {Query{
			Status: StatusOpen, Flags: []Flag{FlagRed}, Types: []Type{TypeOverdue}, Groups: []GroupID{"g-1"}, Programs: []ProgramID{"p-1"},
		}, a, false},
	} {
		assert.Equal(t, tc.match, tc.q.Settle(noon, nil).Match(&tc.a), name)
	}
}
