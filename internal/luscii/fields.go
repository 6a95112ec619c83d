package luscii

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"triageboard/internal/triage"
)

// object is a JSON object, read field by field: one odd field costs that field,
// never the whole object. Fields nobody asks for are ignored.
type object map[string]json.RawMessage

func parseObject(raw json.RawMessage) (object, bool) {
	if shapeOf(raw) != shapeObject {
		return nil, false
	}
	var o object
	err := json.Unmarshal(raw, &o)
	return o, err == nil
}

// shape is what kind of JSON value something is.
type shape int

const (
	shapeNothing shape = iota // absent or null
	shapeString
	shapeNumber
	shapeBool
	shapeArray
	shapeObject
)

func shapeOf(raw json.RawMessage) shape {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return shapeNothing
	}
	switch raw[0] {
	case 'n':
		return shapeNothing
	case '"':
		return shapeString
	case 't', 'f':
		return shapeBool
	case '[':
		return shapeArray
	case '{':
		return shapeObject
	}
	return shapeNumber
}

// textOf is a value as text: a string's content, nothing for null, and for
// anything else the JSON as it came. So "246" and 246 are the same.
func textOf(raw json.RawMessage) string {
	switch shapeOf(raw) {
	case shapeNothing:
		return ""
	case shapeString:
		if content, ok := plain(raw); ok {
			return content
		}
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return string(bytes.TrimSpace(raw))
}

// plain is the content of a JSON string that stands there as it is: most do, and
// a sweep reads millions of them.
func plain(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) {
		return "", false
	}
	return string(raw[1 : len(raw)-1]), true
}

// fields reads one element of a listing and notes what was odd about it.
type fields struct {
	object
	zone  *time.Location // for times without one
	found *findings
}

// text is a field as text, whatever it is.
func (f fields) text(name string) string {
	switch shapeOf(f.object[name]) {
	case shapeBool, shapeArray, shapeObject:
		f.found.note(name + " is no text")
	}
	return textOf(f.object[name])
}

// id is a field as an identifier; empty where it is null, absent, or something
// no identifier is.
func (f fields) id(name string) string {
	switch shapeOf(f.object[name]) {
	case shapeString, shapeNumber:
		return textOf(f.object[name])
	case shapeNothing:
		return ""
	}
	f.found.note(name + " is no identifier")
	return ""
}

// time is a field as a moment in UTC; zero where it is null, absent or can't be
// read, and the latter is noted.
func (f fields) time(name string) time.Time {
	if shapeOf(f.object[name]) == shapeNothing {
		return time.Time{}
	}
	t, assumed, ok := parseTime(textOf(f.object[name]), f.zone)
	switch {
	case !ok:
		f.found.note(name + " can't be read")
	case assumed:
		f.found.note(name + " has no zone")
	}
	return t
}

// sub is a nested object; without fields where there is none.
func (f fields) sub(name string) fields {
	o, ok := parseObject(f.object[name])
	if !ok && shapeOf(f.object[name]) != shapeNothing {
		f.found.note(name + " is no object")
	}
	return fields{object: o, zone: f.zone, found: f.found}
}

// timeLayouts are the forms of ISO 8601 that are met; Parse takes fractions of
// a second with each.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04Z07:00",
}

// parseTime reads a moment with Z or an offset, or without either, as the
// exports give it ("2024-05-02 15:08:30"): then zone is assumed.
func parseTime(raw string, zone *time.Location) (t time.Time, assumed, ok bool) {
	raw = strings.Replace(strings.ToUpper(strings.TrimSpace(raw)), " ", "T", 1)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, raw); err == nil {
			return t.UTC(), false, true
		}
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", raw, zone); err == nil {
		return t.UTC(), true, true
	}
	return time.Time{}, false, false
}

// findings is what a listing came upon beside its data: counts, no content.
type findings struct {
	gaps    map[string]int // why the listing must not be concluded from
	oddness map[string]int // what was odd without mattering
	errs    []apiError     // the errors beside the data
}

func (f *findings) gap(what string) {
	if f.gaps == nil {
		f.gaps = map[string]int{}
	}
	f.gaps[what]++
}

func (f *findings) note(what string) {
	if f.oddness == nil {
		f.oddness = map[string]int{}
	}
	f.oddness[what]++
}

// partial is the error a listing that came to its end must still end with, or
// nil: data came, but something is missing from it.
func (f *findings) partial(call string) *Error {
	if len(f.gaps) == 0 && len(f.errs) == 0 {
		return nil
	}
	e := &Error{Call: call, Status: http.StatusOK, Kinds: []error{triage.ErrPartial}}
	if len(f.errs) > 0 {
		e.Code, e.Message, e.Attribute = f.errs[0].code, f.errs[0].message, f.errs[0].attribute
	}
	if len(f.gaps) > 0 {
		e.Err = reason(f.summary())
	}
	return e
}

func (f *findings) summary() string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(f.gaps)) {
		parts = append(parts, fmt.Sprintf("%d × %s", f.gaps[what], what))
	}
	return strings.Join(parts, ", ")
}

// dates checks a range before it is sent: two dates, not in reverse.
func dates(from, to triage.Day) error {
	for _, day := range []triage.Day{from, to} {
		if _, err := time.Parse(time.DateOnly, string(day)); err != nil {
			return reason("not a date (YYYY-MM-DD)")
		}
	}
	if to < from {
		return reason("end before start")
	}
	return nil
}
