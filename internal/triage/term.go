package triage

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Term is what somebody looks for, in the form in which it is compared.
type Term struct {
	parts []string
}

// NewTerm reads a term: its parts, which blanks and commas divide, may stand
// anywhere.
func NewTerm(text string) Term {
	var t Term
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if folded := Fold(part); folded != "" {
			t.parts = append(t.parts, folded)
		}
	}
	return t
}

// Empty reports that there is no letter and no digit in it.
func (t Term) Empty() bool { return len(t.parts) == 0 }

// In reports whether every part of the term stands in a folded text.
func (t Term) In(folded string) bool {
	for _, part := range t.parts {
		if !strings.Contains(folded, part) {
			return false
		}
	}
	return true
}

// unaccented is what letters are written as whose accent is part of them.
var unaccented = map[rune]string{'ø': "o", 'ł': "l", 'đ': "d", 'ħ': "h", 'ı': "i", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ð': "d"}

// Fold makes texts comparable, as a hurried eye reads them: letters and digits alone, small, without accents.
// So "Van den Berg-Jansen" is found by "bergjansen", "Yılmaz" by "yilmaz" and
// "P104 233" by "p104233".
func Fold(text string) string {
	var out strings.Builder
	out.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		switch plain, ok := unaccented[r]; {
		case ok:
			out.WriteString(plain)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			out.WriteRune(r)
		}
	}
	return out.String()
}
