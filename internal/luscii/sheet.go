package luscii

import (
	"encoding/json"
	"errors"
	"strings"

	"triageboard/internal/export"
)

// codeNoObject is our own code for an element of a report that is no row.
const codeNoObject = "not_an_object"

// mostRows bounds a page: an empty row is three bytes of a body, which is bounded
// by itself, and hundreds in memory. A page of the reference page has 50.
const mostRows = 100_000

// sheet is one page of a report.
type sheet struct {
	hasData bool
	rows    []export.Row
	errs    []apiError // what stood beside the data, and elements that are no row
	next    string
	lostWay bool
}

func (s *sheet) onward() (next string, lost bool) { return s.next, s.lostWay }

func (s *sheet) page() export.Page {
	p := export.Page{Rows: s.rows, Next: s.next}
	for _, e := range s.errs {
		p.Warnings = append(p.Warnings, export.Warning{Code: e.code, Message: e.message, Attribute: e.attribute})
	}
	return p
}

// parseSheet reads a page as strictly as parseEnvelope does, but a report can
// have millions of rows: the body is checked once, then walked through once, and
// the cells are pieces of its text.
func parseSheet(body []byte, report export.Report) (*sheet, *flaw) {
	if !json.Valid(body) {
		bad := flaw{what: "not JSON"}
		var syntax *json.SyntaxError
		if errors.As(json.Unmarshal(body, new(struct{})), &syntax) {
			bad.offset = syntax.Offset
		}
		return nil, &bad
	}
	w := walker{text: strings.ToValidUTF8(string(body), "\uFFFD")}
	if w.space(); w.text[w.at] != '{' {
		return nil, &flaw{what: "not a JSON object"}
	}
	var s sheet
	var meta, beside string
	var bad *flaw
	for w.next() {
		switch w.name() {
		case "data":
			s.rows, bad = s.readData(&w, report)
			if bad != nil {
				return nil, bad
			}
		case "meta":
			meta = w.raw()
		case "errors":
			beside = w.raw()
		default:
			w.raw()
		}
	}
	s.errs = append(s.errs, parseErrors(json.RawMessage(beside))...)
	if !s.hasData && len(s.errs) == 0 {
		return nil, &flaw{what: "no data"}
	}
	s.next, s.lostWay = nextCursor(json.RawMessage(meta))
	return &s, nil
}

// readData reads the rows; a single object is one.
func (s *sheet) readData(w *walker, report export.Report) ([]export.Row, *flaw) {
	t := newTabler(report)
	switch w.text[w.at] {
	case 'n':
		w.raw()
		return nil, nil
	case '{':
		t.row(w)
	case '[':
		for n := 0; w.next(); n++ {
			if n == mostRows {
				return nil, &flaw{what: "too many rows on a page"}
			}
			if w.text[w.at] != '{' {
				w.raw()
				s.errs = append(s.errs, apiError{code: codeNoObject, message: "An element of the report is no object.", attribute: "data"})
				continue
			}
			t.row(w)
		}
	default:
		return nil, &flaw{what: "data is neither an array nor an object"}
	}
	s.hasData = true
	return t.rows, nil
}

// tabler makes rows of objects. Their cells come from a few large pieces of
// memory instead of one for each row.
type tabler struct {
	columns []export.Column
	index   map[string]int
	rows    []export.Row
	cells   []export.Value // not used yet
}

// rowsAtOnce is how many rows' cells are made at once: those of a usual page.
const rowsAtOnce = 50

func newTabler(report export.Report) *tabler {
	t := &tabler{columns: report.Columns, index: make(map[string]int, len(report.Columns)), rows: make([]export.Row, 0, rowsAtOnce)}
	for i, c := range report.Columns {
		t.index[c.Name] = i
	}
	return t
}

// row reads the object the walker stands before.
func (t *tabler) row(w *walker) {
	n := len(t.columns)
	if len(t.cells) < n {
		t.cells = make([]export.Value, rowsAtOnce*n)
	}
	row := export.Row{Cells: t.cells[:n:n]}
	t.cells = t.cells[n:]
	for expected := 0; w.next(); expected++ {
		name := w.name()
		i := expected
		if i >= n || t.columns[i].Name != name {
			var known bool
			if i, known = t.index[name]; !known {
				row.Unknown = append(row.Unknown, export.Field{Name: name, Value: w.value()})
				expected-- // the columns go on behind it
				continue
			}
		}
		row.Cells[i] = w.value()
		expected = i
	}
	t.rows = append(t.rows, row)
}
