package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner goes through a query's text.
type scanner struct {
	text string
	at   int // bytes read
}

// next goes on to what isn't blank; false at the end.
func (s *scanner) next() bool {
	rest := strings.TrimLeftFunc(s.text[s.at:], unicode.IsSpace)
	s.at = len(s.text) - len(rest)
	return rest != ""
}

// ahead reports whether one of these signs comes next.
func (s *scanner) ahead(signs string) bool {
	return s.at < len(s.text) && strings.IndexByte(signs, s.text[s.at]) >= 0
}

// take goes beyond a sign, if it comes next.
func (s *scanner) take(sign string) bool {
	ok := strings.HasPrefix(s.text[s.at:], sign)
	if ok {
		s.at += len(sign)
	}
	return ok
}

// word reads what stands in quotes, or what comes before the next blank or one of
// these signs, which may be nothing.
func (s *scanner) word(signs string) (word string, quoted bool, err error) {
	if s.take(`"`) {
		word, err = s.quoted()
		return word, true, err
	}
	from := s.at
	for s.at < len(s.text) && !s.ahead(signs) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if unicode.IsSpace(r) {
			break
		}
		s.at += size
	}
	return s.text[from:s.at], false, nil
}

// quoted reads to the end of what stands in quotes.
func (s *scanner) quoted() (string, error) {
	from := s.at - 1
	var out strings.Builder
	for {
		i := strings.IndexByte(s.text[s.at:], '"')
		if i < 0 {
			return "", &TextError{from, len(s.text), "find.quote", nil}
		}
		out.WriteString(s.text[s.at : s.at+i])
		s.at += i + 1
		if !s.take(`"`) {
			return out.String(), nil
		}
		out.WriteByte('"')
	}
}
