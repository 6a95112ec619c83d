package sandbox

import (
	"encoding/json"
	"strconv"
	"time"
)

// line is a row of a report, as JSON: a report may have a million of them.
type line []byte

// field begins a column.
func (l *line) field(name string) {
	sep := byte(',')
	if len(*l) == 0 {
		sep = '{'
	}
	*l = append(append(append(*l, sep, '"'), name...), '"', ':')
}

// text adds a text, or null for the empty one.
func (l *line) text(name, value string) {
	l.field(name)
	*l = appendText(*l, value)
}

// number adds a number, as the samples give Processed_Alerts.
func (l *line) number(name string, n int) {
	l.field(name)
	*l = strconv.AppendInt(*l, int64(n), 10)
}

// numeral adds a number as text, as the samples give Grey_Alerts.
func (l *line) numeral(name string, n int) { l.text(name, strconv.Itoa(n)) }

// id adds an identifier, or null for none.
func (l *line) id(name string, id uuid) {
	l.field(name)
	*l = id.appendJSON(*l)
}

// time adds a moment without its zone, or null for none.
func (l *line) time(name string, t time.Time, zone *time.Location) {
	l.field(name)
	if t.IsZero() {
		*l = append(*l, "null"...)
		return
	}
	*l = t.In(zone).AppendFormat(*l, `"`+time.DateTime+`"`)
}

// name adds the three parts of a name.
func (l *line) name(n fullName) {
	l.text("First_Name", n.first)
	l.text("Middle_Name", n.middle)
	l.text("Last_Name", n.last)
}

func appendText(b []byte, value string) []byte {
	if value == "" {
		return append(b, "null"...)
	}
	for _, c := range []byte(value) {
		if c < ' ' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(value)
			if err != nil {
				return append(b, "null"...) // can't be: it's a string
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), value...), '"')
}

// reportPage is the answer to an export.
type reportPage struct {
	cursors
	next, prev *string // addresses
	rows       []line
}

func (p reportPage) json() []byte {
	size := 1024
	for _, row := range p.rows {
		size += len(row) + 2
	}
	b := make([]byte, 0, size)
	b = append(append(b, `{"meta":{"perPage":`...), strconv.Itoa(exportRows)...)
	b = appendCursor(append(b, `,"nextCursor":`...), p.Next)
	b = appendAddress(append(b, `,"nextPageUrl":`...), p.next)
	b = appendCursor(append(b, `,"prevCursor":`...), p.Prev)
	b = appendAddress(append(b, `,"prevPageUrl":`...), p.prev)
	b = append(b, `},"data":[`...)
	for i, row := range p.rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, row...), '}')
	}
	return append(b, "]}"...)
}

func appendAddress(b []byte, address *string) []byte {
	if address == nil {
		return append(b, "null"...)
	}
	return appendText(b, *address)
}
