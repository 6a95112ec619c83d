package triage

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"Van den Berg-Jansen": "vandenbergjansen", "Yılmaz": "yilmaz", "Seán O'Brien": "seanobrien", "P104 233": "p104233",
		"Søren Łukasz Strauß": "sorenlukaszstrauss", "  - ": "", "ÉCLAIR": "eclair", "İpek": "ipek", "李 明": "李明",
	} {
		assert.Equal(t, want, Fold(text))
	}
}

func TestTerm(t *testing.T) {
	name := Fold("Willemijn van den Berg-Jansen P104 233")
	for _, term := range []string{"berg", "Jansen, Willemijn", "vandenberg", "van-den berg", "BERG JANSEN", "p104-233", "104233 willemijn", "wíllemijn"} {
		assert.True(t, NewTerm(term).In(name), term)
	}
	for _, term := range []string{"bergen", "berg kees", "p104 234"} {
		assert.False(t, NewTerm(term).In(name), term)
	}
}

// fakeIndex finds by what a test knows of patients and notes.
type fakeIndex struct {
	patients map[PatientID]string
	notes    map[AlertID]string
}

func (i fakeIndex) PatientsWith(term Term) map[PatientID]bool { return holding(i.patients, term) }
func (i fakeIndex) NotesWith(term Term) map[AlertID]bool      { return holding(i.notes, term) }

func holding[ID comparable](texts map[ID]string, term Term) map[ID]bool {
	out := map[ID]bool{}
	for id, text := range texts {
		if term.In(Fold(text)) {
			out[id] = true
		}
	}
	return out
}

func TestSelection(t *testing.T) {
	index := fakeIndex{map[PatientID]string{"p-1": "Kees de Vries P100 871", "p-2": "Joris Bakker"}, map[AlertID]string{"a-2": "Belde met mevrouw De Vries"}}
	a := Alert{ID: "a-1", Patient: "p-1", Flag: FlagRed, Type: TypeOverdue, Status: StatusOpen, Group: "g-1", Program: "pr-1", CreatedAt: noon.Add(-2 * time.Hour)}
	b := Alert{ID: "a-2", Patient: "p-2", Flag: "purple", Type: "trend", Status: StatusOpen, Group: "g-2"} // Luscii gives it no time
	for text, want := range map[string]string{
		"":                         "ab",
		"vries":                    "ab", // b by a note
		"kees":                     "a",
		"-kees":                    "b",
		"p100871":                  "a",
		"joris vries":              "b", // one by the name, one by the note
		"nobody":                   "",
		"-flag:red":                "b",
		"-flag:unknown":            "a",
		"-type:ovd":                "b",
		"-group:#g-2":              "a",
		"-program:#pr-1":           "b",
		"waiting>1h":               "ab", // none without a time is left out
		"waiting>2h":               "b",
		"waiting<2h1m":             "ab",
		"waiting<2h":               "b",
		"waiting>1h waiting<3h":    "ab",
		"flag:red -type:ovd":       "",
		"flag:red waiting>1h kees": "a",
	} {
		q, err := ParseText(text, nil, StatusOpen)
		require.NoError(t, err)
		s := q.Settle(noon, index)
		var got strings.Builder
		for name, alert := range map[string]*Alert{"a": &a} {
			if s.Match(alert) {
				got.WriteString(name)
			}
		}
		if s.Match(&b) {
			got.WriteString("b")
		}
		assert.Equal(t, want, got.String(), text)
	}
}

func TestSelectionDiffers(t *testing.T) {
	snap := Snapshot{Entries: []*Entry{{Alert: Alert{ID: "a-1", Status: StatusOpen, CreatedAt: noon.Add(-59 * time.Minute)}}}}.Freeze()
	q := Query{Status: StatusOpen, WaitingOver: time.Hour}
	assert.True(t, q.Settle(noon, nil).Differs(q.Settle(noon.Add(2*time.Minute), nil), snap))
	assert.False(t, q.Settle(noon, nil).Differs(q.Settle(noon.Add(time.Minute), nil), snap))
}

// What stands beside a search's id replaces what the search says.
func TestSearchInAnAddress(t *testing.T) {
	kept := Query{Status: StatusProcessed, Flags: []Flag{FlagRed}, NotTypes: []Type{TypeOverdue}, Terms: []string{"vries"}, ByPatient: true}
	base := kept
	base.Search = &Search{ID: "abc", Query: kept}
	assert.Equal(t, "s=abc", base.Values().Encode(), "nothing of the search stands in an address (R25)")

	for raw, change := range map[string]func(*Query){
		"":                            func(*Query) {},
		"flag=":                       func(q *Query) { q.Flags = nil },
		"flag=gray&flag=red":          func(q *Query) { q.Flags = []Flag{FlagGray, FlagRed} },
		"type=mea":                    func(q *Query) { q.Types, q.NotTypes = []Type{TypeMeasurement}, nil },
		"type=":                       func(q *Query) { q.NotTypes = nil },
		"by=":                         func(q *Query) { q.ByPatient = false },
		"status=open&group=g&status=": func(q *Query) { q.Status, q.Groups = StatusOpen, []GroupID{"g"} },
	} {
		v, err := url.ParseQuery(raw)
		require.NoError(t, err)
		want := base
		change(&want)
		got, err := ParseQuery(v, base)
		require.NoError(t, err)
		assert.Equal(t, want, got, raw)

		again, err := ParseQuery(got.Values(), base)
		require.NoError(t, err)
		assert.Equal(t, got, again, raw)
	}
	_, err := ParseQuery(url.Values{"by": {"flag"}}, base)
	assert.Equal(t, &InvalidError{Field: "by", Reason: "invalid.by"}, err)
}

func TestAnyAddressBesideASearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept := drawQuery(t)
		q := kept
		q.Search = &Search{ID: "abc", Query: kept}
		base := q
		if rapid.Bool().Draw(t, "flags") {
			q.Flags, q.NotFlags = convert[Flag](rapid.SliceOfN(rapid.SampledFrom([]string{"red", "x"}), 0, 2).Draw(t, "flag")), nil
		}
		q.ByPatient = rapid.Bool().Draw(t, "by")
		again, err := ParseQuery(q.Values(), base)
		require.NoError(t, err)
		assert.Equal(t, q, again)
	})
}
