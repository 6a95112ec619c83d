package luscii

import (
	"encoding/json"
	"strings"

	"triageboard/internal/export"
)

// walker goes through JSON text that is known to be valid JSON and valid UTF-8,
// so that nothing in it can fail. What it gives are pieces of the text.
type walker struct {
	text string
	at   int
}

// space skips what is between the tokens.
func (w *walker) space() {
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case ' ', '\n', '\t', '\r':
			w.at++
		default:
			return
		}
	}
}

// next goes on to the next element of the object or array it stands before or
// in; false: there is none, and it stands behind it.
func (w *walker) next() bool {
	w.space()
	first := w.text[w.at] == '{' || w.text[w.at] == '['
	w.at++
	if !first && w.text[w.at-1] != ',' {
		return false
	}
	w.space()
	if first && (w.text[w.at] == '}' || w.text[w.at] == ']') {
		w.at++
		return false
	}
	return true
}

// name is the name of a member, and goes on to its value.
func (w *walker) name() string {
	name := w.content()
	w.space()
	w.at++ // the colon
	w.space()
	return name
}

// content is what a string holds.
func (w *walker) content() string {
	raw := w.raw()
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return inner // can't be: it is valid
	}
	return s
}

// value is a value as a cell: a string's content, nothing for null, and for
// anything else the JSON as it came. So "246" and 246 are the same.
func (w *walker) value() export.Value {
	switch w.text[w.at] {
	case '"':
		return export.Value{Text: w.content(), Set: true}
	case 'n':
		w.raw()
		return export.Value{}
	}
	return export.Value{Text: w.raw(), Set: true}
}

// raw is a value as it stands there.
func (w *walker) raw() string {
	start := w.at
	switch w.text[w.at] {
	case '"':
		w.skipString()
	case '{', '[':
		w.skipNested()
	default:
		for w.at < len(w.text) && strings.IndexByte(",]} \n\t\r", w.text[w.at]) < 0 {
			w.at++
		}
	}
	return w.text[start:w.at]
}

func (w *walker) skipString() {
	w.at++
	for {
		rest := w.text[w.at:]
		end := strings.IndexByte(rest, '"')
		escape := strings.IndexByte(rest[:end], '\\')
		if escape < 0 {
			w.at += end + 1
			return
		}
		w.at += escape + 2 // what more belongs to it is no quote
	}
}

func (w *walker) skipNested() {
	for depth := 0; ; {
		switch w.text[w.at] {
		case '"':
			w.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		w.at++
		if depth == 0 {
			return
		}
	}
}
