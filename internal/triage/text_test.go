package triage

import (
	"iter"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lexicon is names for tests.
type lexicon struct {
	groups   map[GroupID]string
	programs map[ProgramID]string
}

func (l lexicon) GroupNames() iter.Seq2[GroupID, string]     { return maps.All(l.groups) }
func (l lexicon) ProgramNames() iter.Seq2[ProgramID, string] { return maps.All(l.programs) }

var someNames = lexicon{
	groups: map[GroupID]string{
		"g-1": "COPD Noord", "g-2": "COPD Zuid", "g-3": "Hartfalen", "g-4": "Hartfalen, poli", "g-5": "Twice", "g-6": "twice", "g-7": "", "g-8": `7"1 <x>`,
	},
	programs: map[ProgramID]string{"p-1": "COPD thuis", "p-2": "Safe@Home"},
}

func TestParseText(t *testing.T) {
	for text, tc := range map[string]struct {
		q    Query
		back string // its text again; empty: the same
	}{
		"":  {Query{}, ""},
		" ": {Query{}, ""},
		`flag:red group:noord waiting>2h -type:ovd "de vries"`: {
			Query{Flags: []Flag{FlagRed}, Groups: []GroupID{"g-1"}, WaitingOver: 2 * time.Hour, NotTypes: []Type{TypeOverdue}, Terms: []string{"de vries"}},
			`flag:red -type:ovd group:"COPD Noord" waiting>2h "de vries"`,
		},
		`Vlag:Rood,oranje soort:meting groep:"copd-zuid" programma:thuis wacht<90min per:patiënt`: {
			Query{
				Flags: []Flag{FlagRed, FlagOrange}, Types: []Type{TypeMeasurement}, Groups: []GroupID{"g-2"}, Programs: []ProgramID{"p-1"},
				WaitingUnder: 90 * time.Minute, ByPatient: true,
			},
			`flag:red,orange type:mea group:"COPD Zuid" program:"COPD thuis" waiting<1h30m by:patient`,
		},
		"status:escalated":        {Query{Status: StatusEscalated}, ""},
		"status:verwerkt":         {Query{Status: StatusProcessed}, "status:processed"},
		"status:open":             {Query{}, ""},
		"group:hartfalen":         {Query{Groups: []GroupID{"g-3"}}, "group:Hartfalen"}, // a whole name before a part of another
		`group:"Hartfalen, poli"`: {Query{Groups: []GroupID{"g-4"}}, ""},
		"group:#g-5,#g-9":         {Query{Groups: []GroupID{"g-5", "g-9"}}, `group:#g-5,#g-9`},
		`group:#g-1`:              {Query{Groups: []GroupID{"g-1"}}, `group:"COPD Noord"`},
		`group:"7""1 <x>"`:        {Query{Groups: []GroupID{"g-8"}}, ""},
		`flag:#Purple,unknown`:    {Query{Flags: []Flag{"Purple", "unknown"}}, ""},
		`-flag:gray flag:red`:     {Query{Flags: []Flag{FlagRed}, NotFlags: []Flag{FlagGray}}, `flag:red -flag:gray`},
		`program:safe@home`:       {Query{Programs: []ProgramID{"p-2"}}, "program:Safe@Home"},
		`jansen  jansen -bakker "a ""b"" c" -"x  y" "-z"`: {
			Query{Terms: []string{"jansen", `a "b" c`, "-z"}, NotTerms: []string{"bakker", "x y"}},
			`jansen "a ""b"" c" "-z" -bakker -"x y"`,
		},
		`"flag:red" P104-233`: {Query{Terms: []string{"flag:red", "P104-233"}}, ""},
		"waiting>24h":         {Query{WaitingOver: 24 * time.Hour}, ""},
		"waiting>1d12h":       {Query{WaitingOver: 36 * time.Hour}, "waiting>36h"},
		"waiting>48h":         {Query{WaitingOver: 48 * time.Hour}, "waiting>2d"},
		"waiting>2u":          {Query{WaitingOver: 2 * time.Hour}, "waiting>2h"},
	} {
		if tc.q.Status == "" {
			tc.q.Status = StatusOpen
		}
		q, err := ParseText(text, someNames, StatusOpen)
		require.NoError(t, err, text)
		assert.Equal(t, tc.q, q, text)
		if tc.back == "" && tc.q.Filtered() {
			tc.back = text
		}
		if tc.back != "" {
			assert.Equal(t, tc.back, q.Text(someNames, StatusOpen))
		}
	}
}

// What can't be read is told with its place.
func TestParseTextTellsWhere(t *testing.T) {
	for text, want := range map[string]struct{ at, reason string }{
		"jansen gruop:copd":         {"gruop:", "find.key"},
		"x :copd":                   {":", "find.key"},
		"flag:blue x":               {"blue", "find.flag"},
		"flag:red,,gray":            {"flag:red,", "find.value"},
		"x -type:foo":               {"foo", "find.type"},
		"group: copd":               {"group:", "find.value"},
		`group:""`:                  {`""`, "find.value"},
		"group:copd x":              {"copd", "find.several"},
		"group:twice":               {"twice", "find.several"},
		"group:cardio":              {"cardio", "find.group"},
		"group:g-1":                 {"g-1", "find.group"}, // an id is said to be one
		"program:---":               {"---", "find.program"},
		"status:snoozed":            {"snoozed", "find.status"},
		"status:open status:open":   {"status:open", "find.twice"},
		"-status:open":              {"-status:", "find.not"},
		"x -waiting>2h":             {"-waiting>", "find.not"},
		"by:flag":                   {"flag", "find.by"},
		"waiting:2h":                {"waiting:", "find.sign_waiting"},
		"flag>red":                  {"flag>", "find.sign"},
		"waiting>2x":                {"2x", "find.waiting"},
		"waiting>2":                 {"2", "find.waiting"},
		"waiting>0m":                {"0m", "find.waiting"},
		"waiting>400d":              {"400d", "find.waiting"},
		"waiting>9999999999h":       {"9999999999h", "find.waiting"},
		"waiting>1h waiting>2h":     {"waiting>2h", "find.twice"},
		`a "de vries`:               {`"de vries`, "find.quote"},
		"a - b":                     {"-", "find.empty"},
		`a "  " b`:                  {`"  "`, "find.empty"},
		"a\xffb":                    {"\xff", "find.unreadable"},
		strings.Repeat("é", 101):    {strings.Repeat("é", 101), "find.long"},
		strings.Repeat("a ", 1<<18): {strings.Repeat("a ", 1<<17), "find.long"},
	} {
		_, err := ParseText(text, someNames, StatusOpen)
		var wrong *TextError
		require.ErrorAs(t, err, &wrong, text)
		assert.Equal(t, want.reason, wrong.Reason, text)
		assert.Equal(t, want.at, text[wrong.From:wrong.To], text)
	}
	_, err := ParseText("group:copd", someNames, StatusOpen)
	assert.Equal(t, &TextError{6, 10, "find.several", []string{"COPD Noord", "COPD Zuid"}}, err)
	_, err = ParseText("geheim:x", someNames, StatusOpen)
	assert.NotContains(t, err.Error(), "geheim", "what was typed isn't in an error (R25)")
}

// drawQuery draws a query as ParseText makes them.
func drawQuery(t *rapid.T) Query {
	word := rapid.OneOf(rapid.StringN(1, 12, 60), rapid.SampledFrom([]string{"red", "g-1", "g-5", `a"b`, "#x", "-", "a b", "mea", "unknown"}))
	q := Query{
		Status: rapid.SampledFrom([]Status{StatusOpen, StatusProcessed, StatusEscalated}).Draw(t, "status"),
		Flags:  drawList[Flag](t, word), NotFlags: drawList[Flag](t, word), Types: drawList[Type](t, word), NotTypes: drawList[Type](t, word),
		Groups: drawList[GroupID](t, word), NotGroups: drawList[GroupID](t, word),
		Programs: drawList[ProgramID](t, word), NotPrograms: drawList[ProgramID](t, word),
		WaitingOver: drawSpan(t), WaitingUnder: drawSpan(t), ByPatient: rapid.Bool().Draw(t, "by patient"),
	}
	term := rapid.Map(word, func(s string) string { return strings.Join(strings.Fields(s), " ") }).Filter(func(s string) bool { return !NewTerm(s).Empty() })
	q.Terms, q.NotTerms = drawList[string](t, term), drawList[string](t, term)
	return q
}

func drawList[T ~string](t *rapid.T, of *rapid.Generator[string]) []T {
	return convert[T](rapid.SliceOfN(of, 0, 3).Draw(t, "values"))
}

func drawSpan(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minutes")) * time.Minute
}

func TestQuerySurvivesItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		for _, names := range []Lexicon{nil, someNames} {
			text := q.Text(names, StatusEscalated)
			again, err := ParseText(text, names, StatusEscalated)
			require.NoError(t, err, text)
			require.Equal(t, q, again, text)
		}
	})
}

func FuzzParseText(f *testing.F) {
	for _, text := range []string{`flag:red group:copd waiting>2h -type:ovd "de vries"`, `group:"a ""b`, "-", "waiting<1d2h3m by:patient", "#", "status:", "a:b:c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseText(text, someNames, StatusOpen)
		if err != nil {
			var wrong *TextError
			require.ErrorAs(t, err, &wrong)
			require.True(t, 0 <= wrong.From && wrong.From < wrong.To && wrong.To <= len(text), "%+v", wrong)
			if utf8.ValidString(text) {
				require.True(t, utf8.ValidString(text[wrong.From:wrong.To]), "whole characters")
			}
			return
		}
		again, err := ParseText(q.Text(someNames, StatusOpen), someNames, StatusOpen)
		require.NoError(t, err)
		require.Equal(t, q, again)
	})
}
