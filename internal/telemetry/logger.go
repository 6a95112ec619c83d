// Package telemetry is how the program tells its operators what it does, with
// nothing in it that identifies a person or opens a door (R25). It is a leaf.
package telemetry

import (
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"
)

const redacted = "[redacted]"

// denied are the words that make an attribute's key personal or secret,
// wherever they stand in it: "name" also covers "firstName" and "last_name".
// A harmless attribute such as "hostName" falls with them; it can be renamed.
var denied = []string{
	"name", "names", "firstname", "lastname", "middlename", "fullname", "username", "email", "mail", "phone", "telephone", "mobile",
	"address", "birth", "born", "birthdate", "dob", "sex", "bsn",
	"note", "notes", "remark", "remarks", "comment", "body", "term", "terms", "query", "search",
	"key", "keys", "apikey", "token", "secret", "password", "cookie", "authorization",
}

// NewLogger logs lines of key=value to w from level on. An attribute whose key
// is personal or secret shows a placeholder, in a group of such a name too. A
// value made of parts (a struct, a map, a slice) shows its type only: nobody
// can see from outside what its parts hold. Messages and errors are written as
// they are; they carry no personal data by rule.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact}))
}

func redact(groups []string, a slog.Attr) slog.Attr {
	builtIn := len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey)
	switch {
	case builtIn:
	case isDenied(a.Key) || slices.ContainsFunc(groups, isDenied):
		a.Value = slog.StringValue(redacted)
	case a.Value.Kind() == slog.KindAny && !speaksForItself(a.Value.Any()):
		a.Value = slog.StringValue(fmt.Sprintf("[%T]", a.Value.Any()))
	}
	return a
}

// isDenied compares the words of a key: personName, person_name, person-name
// and person.name alike.
func isDenied(key string) bool {
	return slices.ContainsFunc(words(key), func(word string) bool { return slices.Contains(denied, word) })
}

func words(key string) []string {
	var spaced strings.Builder
	var previous rune
	for _, r := range key {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		previous = r
	}
	return strings.FieldsFunc(spaced.String(), func(r rune) bool { return !unicode.IsLetter(r) })
}

// speaksForItself reports whether a value decides how it is shown, as errors
// and types that hide their content do.
func speaksForItself(v any) bool {
	switch v.(type) {
	case nil, error, fmt.Stringer, encoding.TextMarshaler:
		return true
	}
	return false
}
