package triage

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The keys of a query's text, as the board itself writes them.
const (
	keyStatus  = "status"
	keyFlag    = "flag"
	keyType    = "type"
	keyGroup   = "group"
	keyProgram = "program"
	keyWaiting = "waiting"
	keyBy      = "by"
)

// The words of a query's text in both languages. The board writes the English
// ones, in every language: so a query means the same to everybody.
var (
	keys = map[string]string{
		"status": keyStatus, "view": keyStatus, "weergave": keyStatus,
		"flag": keyFlag, "vlag": keyFlag,
		"type": keyType, "soort": keyType,
		"group": keyGroup, "groep": keyGroup,
		"program": keyProgram, "programma": keyProgram,
		"waiting": keyWaiting, "wacht": keyWaiting, "wachttijd": keyWaiting,
		"by": keyBy, "per": keyBy,
	}
	statusWords = map[string]Status{
		"open": StatusOpen, "escalated": StatusEscalated, "geëscaleerd": StatusEscalated, "geescaleerd": StatusEscalated,
		"processed": StatusProcessed, "verwerkt": StatusProcessed,
	}
	flagWords = map[string]Flag{
		"red": FlagRed, "rood": FlagRed, "orange": FlagOrange, "oranje": FlagOrange,
		"gray": FlagGray, "grey": FlagGray, "grijs": FlagGray, unknownValue: unknownValue, "onbekend": unknownValue,
	}
	typeWords = map[string]Type{
		"mea": TypeMeasurement, "measurement": TypeMeasurement, "meting": TypeMeasurement,
		"rem": TypeRemark, "remark": TypeRemark, "opmerking": TypeRemark,
		"ovd": TypeOverdue, "overdue": TypeOverdue, "gemist": TypeOverdue,
		"combination": TypeCombination, "combinatie": TypeCombination, unknownValue: unknownValue, "onbekend": unknownValue,
	}
	byWords   = map[string]bool{byPatient: true, "patiënt": true}
	spanWords = map[string]time.Duration{
		"m": time.Minute, "min": time.Minute, "h": time.Hour, "u": time.Hour, "d": 24 * time.Hour,
	}
)

// Text is the query as ParseText reads it back, by names where one says which
// group or program is meant. The view home goes without saying. Names may be nil.
func (q Query) Text(names Lexicon, home Status) string {
	var t textWriter
	if q.Status != home {
		t.clause(keyStatus+":", string(q.Status))
	}
	values(&t, keyFlag, q.Flags, q.NotFlags, func(f Flag) string { return ownWord(f, flagWords) })
	values(&t, keyType, q.Types, q.NotTypes, func(v Type) string { return ownWord(v, typeWords) })
	values(&t, keyGroup, q.Groups, q.NotGroups, namer[GroupID](names, Lexicon.GroupNames))
	values(&t, keyProgram, q.Programs, q.NotPrograms, namer[ProgramID](names, Lexicon.ProgramNames))
	if q.WaitingOver > 0 {
		t.clause(keyWaiting+">", spanText(q.WaitingOver))
	}
	if q.WaitingUnder > 0 {
		t.clause(keyWaiting+"<", spanText(q.WaitingUnder))
	}
	for _, term := range q.Terms {
		t.clause("", quote(term))
	}
	for _, term := range q.NotTerms {
		t.clause("-", quote(term))
	}
	if q.ByPatient {
		t.clause(keyBy+":", byPatient)
	}
	return t.out.String()
}

type textWriter struct{ out strings.Builder }

func (t *textWriter) clause(head, value string) {
	if t.out.Len() > 0 {
		t.out.WriteByte(' ')
	}
	t.out.WriteString(head)
	t.out.WriteString(value)
}

// values writes a filter's values and those it leaves out.
func values[T ~string](t *textWriter, key string, only, not []T, word func(T) string) {
	for _, side := range []struct {
		head string
		list []T
	}{{key + ":", only}, {"-" + key + ":", not}} {
		if len(side.list) == 0 {
			continue
		}
		var words []string
		for _, value := range side.list {
			words = append(words, word(value))
		}
		t.clause(side.head, strings.Join(words, ","))
	}
}

// ownWord is a value that has a word, or as it came.
func ownWord[T ~string](value T, words map[string]T) string {
	if words[string(value)] == value {
		return string(value)
	}
	return "#" + quote(string(value))
}

// namer writes an id by its name, where that says which is meant.
func namer[T ~string](names Lexicon, of func(Lexicon) iter.Seq2[T, string]) func(T) string {
	return func(id T) string {
		if names == nil {
			return "#" + quote(string(id))
		}
		for is, name := range of(names) {
			if is != id {
				continue
			}
			if ids, _ := named(name, of(names)); slices.Equal(ids, []T{id}) && len(name) <= maxFilterLength {
				return quote(name)
			}
		}
		return "#" + quote(string(id))
	}
}

// signs are what a word can't hold without quotes.
const signs = `":<>,#`

// quote puts a text in quotes where it would read as something else without.
func quote(text string) string {
	if text != "" && text[0] != '-' && !strings.ContainsAny(text, signs) && !strings.ContainsFunc(text, unicode.IsSpace) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// spanText is a length of time as parseSpan reads it: days from two on.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	switch hours, minutes := d/time.Hour, d%time.Hour/time.Minute; {
	case d >= 2*day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case minutes == 0:
		return strconv.Itoa(int(hours)) + "h"
	case hours == 0:
		return strconv.Itoa(int(minutes)) + "m"
	default:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	}
}
