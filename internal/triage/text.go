package triage

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxText bounds a query's text in bytes. What a query of all the values it may
// have is written as is shorter; ours.
const MaxText = 256 << 10

// Lexicon is what groups and programs are called.
type Lexicon interface {
	GroupNames() iter.Seq2[GroupID, string]
	ProgramNames() iter.Seq2[ProgramID, string]
}

// TextError says what is wrong with a query's text, and where.
type TextError struct {
	From, To int      // bytes of the text
	Reason   string   // a key of the catalogue
	Names    []string // where several fit: what the first of them are called
}

func (e *TextError) Error() string {
	// What was typed isn't repeated: it may be a name.
	return fmt.Sprintf("query text, bytes %d to %d: %s", e.From, e.To, e.Reason)
}

// ParseText reads a query written as text, such as
//
//	flag:red group:copd waiting>2h -type:ovd "de vries"
//
// Words are terms to look for; quotes keep blanks and signs together, doubled they
// stand for one; a minus leaves out what follows it. The keys are status, flag,
// type, group, program, waiting and by, their values may be joined by commas, and
// keys and values may be Dutch. A group or program is called by its name or by a
// part that no other's has; a # in front of any value says that Luscii's own value
// follows. An empty text, or one without a status, asks for the view home.
//
// Names may be nil: then there are none. The error is a *TextError.
func ParseText(text string, names Lexicon, home Status) (Query, error) {
	if len(text) > MaxText {
		return Query{}, &TextError{MaxText, len(text), "find.long", nil}
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return Query{}, &TextError{i, i + 1, "find.unreadable", nil}
		}
	}
	p := textParser{scanner: scanner{text: text}, names: names, q: Query{Status: home}}
	for p.next() {
		if err := p.clause(); err != nil {
			return Query{}, err
		}
	}
	return p.q, nil
}

// textParser reads one text.
type textParser struct {
	scanner
	names Lexicon
	q     Query
	given map[string]bool // the keys that may be said once only, and were
}

// clause reads a filter or a term.
func (p *textParser) clause() error {
	from := p.at
	not := p.take("-")
	start := p.at
	word, quoted, err := p.word(`":<>`)
	if err != nil {
		return err
	}
	if quoted || !p.ahead(":<>") {
		return p.term(word, not, from)
	}
	key, ok := keys[strings.ToLower(word)]
	if !ok {
		return &TextError{start, p.at + 1, "find.key", nil}
	}
	sign := p.text[p.at : p.at+1]
	if (key == keyWaiting) == (sign == ":") {
		reason := "find.sign"
		if key == keyWaiting {
			reason = "find.sign_waiting"
		}
		return &TextError{start, p.at + 1, reason, nil}
	}
	if not && !(key == keyFlag || key == keyType || key == keyGroup || key == keyProgram) {
		return &TextError{from, p.at + 1, "find.not", nil}
	}
	p.at++
	for {
		if err := p.value(key, sign, not, from); err != nil {
			return err
		}
		if !p.take(",") {
			return nil
		}
	}
}

func (p *textParser) term(word string, not bool, from int) error {
	term := strings.Join(strings.Fields(word), " ")
	terms := &p.q.Terms
	if not {
		terms = &p.q.NotTerms
	}
	switch {
	case len(term) > maxFilterLength:
		return &TextError{from, p.at, "find.long", nil}
	case NewTerm(term).Empty():
		return &TextError{from, p.at, "find.empty", nil}
	case len(*terms) == maxFilterValues:
		return &TextError{from, p.at, "find.many", nil}
	case !slices.Contains(*terms, term):
		*terms = append(*terms, term)
	}
	return nil
}

// value reads one value of a filter that began at from.
func (p *textParser) value(key, sign string, not bool, from int) error {
	start := p.at
	raw := p.take("#")
	word, quoted, err := p.word(`",`)
	if err != nil {
		return err
	}
	if word == "" && !quoted {
		return &TextError{from, p.at, "find.value", nil}
	}
	at := &TextError{From: start, To: p.at}
	if len(word) > maxFilterLength || word == "" {
		at.Reason = "find.value"
		return at
	}
	switch key {
	case keyFlag:
		return add(at, pick(not, &p.q.Flags, &p.q.NotFlags), raw, word, flagWords, "find.flag")
	case keyType:
		return add(at, pick(not, &p.q.Types, &p.q.NotTypes), raw, word, typeWords, "find.type")
	case keyGroup:
		if raw || p.names == nil {
			return addTo(at, pick(not, &p.q.Groups, &p.q.NotGroups), GroupID(word))
		}
		return addNamed(at, pick(not, &p.q.Groups, &p.q.NotGroups), word, p.names.GroupNames(), "find.group")
	case keyProgram:
		if raw || p.names == nil {
			return addTo(at, pick(not, &p.q.Programs, &p.q.NotPrograms), ProgramID(word))
		}
		return addNamed(at, pick(not, &p.q.Programs, &p.q.NotPrograms), word, p.names.ProgramNames(), "find.program")
	}
	if p.given[key+sign] {
		at.From, at.Reason = from, "find.twice"
		return at
	}
	if p.given == nil {
		p.given = map[string]bool{}
	}
	p.given[key+sign] = true
	return p.single(at, key, sign, word)
}

// single takes the value of a key that has one only.
func (p *textParser) single(at *TextError, key, sign, word string) error {
	ok := false
	switch key {
	case keyStatus:
		at.Reason = "find.status"
		p.q.Status, ok = statusWords[strings.ToLower(word)]
	case keyBy:
		at.Reason = "find.by"
		p.q.ByPatient = byWords[strings.ToLower(word)]
		ok = p.q.ByPatient
	default:
		at.Reason = "find.waiting"
		span := &p.q.WaitingOver
		if sign == "<" {
			span = &p.q.WaitingUnder
		}
		*span, ok = parseSpan(word)
	}
	if !ok {
		return at
	}
	return nil
}

func pick[T any](not bool, only, excluded *T) *T {
	if not {
		return excluded
	}
	return only
}

// add takes a value of a filter whose values have words of their own.
func add[T ~string](at *TextError, to *[]T, raw bool, word string, words map[string]T, reason string) error {
	value := T(word)
	if !raw {
		var ok bool
		if value, ok = words[strings.ToLower(word)]; !ok {
			at.Reason = reason
			return at
		}
	}
	return addTo(at, to, value)
}

// addNamed takes the one value that is called so.
func addNamed[T ~string](at *TextError, to *[]T, word string, names iter.Seq2[T, string], unknown string) error {
	ids, called := named(word, names)
	switch {
	case len(ids) == 0:
		at.Reason = unknown
		return at
	case len(ids) > 1:
		at.Reason, at.Names = "find.several", called
		return at
	}
	return addTo(at, to, ids[0])
}

// addTo takes a value into a filter, once.
func addTo[T ~string](at *TextError, to *[]T, value T) error {
	switch {
	case slices.Contains(*to, value):
	case len(*to) == maxFilterValues:
		at.Reason = "find.many"
		return at
	default:
		*to = append(*to, value)
	}
	return nil
}

// namesTold is how many names are told where one fits several; ours.
const namesTold = 4

// named is the values that are called so, or, where none is, those with this in
// their name; and what the first few of them are called.
func named[T ~string](word string, names iter.Seq2[T, string]) (ids []T, called []string) {
	folded := Fold(word)
	if folded == "" {
		return nil, nil
	}
	type name struct {
		id   T
		text string
	}
	var whole, part []name
	for id, text := range names {
		switch f := Fold(text); {
		case f == folded:
			whole = append(whole, name{id, text})
		case strings.Contains(f, folded):
			part = append(part, name{id, text})
		}
	}
	if len(whole) == 0 {
		whole = part
	}
	slices.SortFunc(whole, func(a, b name) int { return strings.Compare(a.text, b.text) })
	for i, n := range whole {
		ids = append(ids, n.id)
		switch {
		case i < namesTold:
			called = append(called, n.text)
		case i == namesTold:
			called = append(called, "…")
		}
	}
	return ids, called
}

// longestSpan bounds how long somebody may be asked to have waited.
const longestSpan = 365 * 24 * time.Hour

// parseSpan reads a length of time such as 2h, 1h30m or 3d; whole minutes, one at
// least.
func parseSpan(text string) (time.Duration, bool) {
	var total time.Duration
	text = strings.ToLower(text)
	for text != "" {
		n := 0
		digits := 0
		for digits < len(text) && digits < 7 && text[digits] >= '0' && text[digits] <= '9' {
			n = n*10 + int(text[digits]-'0')
			digits++
		}
		unit := text[digits:]
		if i := strings.IndexAny(unit, "0123456789"); i >= 0 {
			unit = unit[:i]
		}
		length, ok := spanWords[unit]
		if digits == 0 || !ok {
			return 0, false
		}
		text = text[digits+len(unit):]
		if total += time.Duration(n) * length; total > longestSpan {
			return 0, false
		}
	}
	return total, total > 0
}
