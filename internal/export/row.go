package export

import "errors"

// Value is one cell as Luscii gave it: nothing, or a text. "246" and 246 are
// the same.
type Value struct {
	Text string
	Set  bool // false: null or absent
}

// Row is one row: a cell for each of the report's columns, and what came beside
// them.
type Row struct {
	Cells   []Value // as many as the report has columns, in their order
	Unknown []Field // in the order they came
}

// Field is a cell of a column the table doesn't know.
type Field struct {
	Name  string
	Value Value
}

// Request asks for a report, from its beginning or from a page on.
type Request struct {
	Type   Type
	Range  Range
	Cursor string // of the page to begin with; empty: the first
}

// Page is one page of a report.
type Page struct {
	Rows     []Row
	Next     string // cursor of the page behind it; empty: this is the last
	Warnings []Warning
}

// Warning is an error that stood beside the data: the data counts, and the
// warning is told.
type Warning struct{ Code, Message, Attribute string }

// ErrCursor says that Luscii doesn't take the cursor (any more): what is asked
// for has to be read from its beginning.
var ErrCursor = errors.New("the cursor is not taken any more")

// ErrUnknownReport says that the API doesn't know a report.
var ErrUnknownReport = errors.New("the API doesn't know this report")
