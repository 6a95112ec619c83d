package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvEncoder writes CSV for programs and spreadsheets: cells as they came, but for
// flags, which are true or false, and what a spreadsheet would carry out (R26).
type csvEncoder struct {
	to     *csv.Writer
	schema *Schema
	zone   bool
	cells  []Value
	record []string
}

func newCSV(w io.Writer, s *Schema) (*csvEncoder, error) {
	zone := s.zoneColumn()
	e := &csvEncoder{to: csv.NewWriter(w), schema: s, zone: zone != "", cells: make([]Value, len(s.Columns))}
	for _, c := range s.Columns {
		e.record = append(e.record, harmless(c.Name))
	}
	if e.zone {
		e.record = append(e.record, zone)
	}
	return e, e.flushed(e.to.Write(e.record))
}

func (e *csvEncoder) Write(row Row) error {
	if err := e.schema.cells(row, e.cells); err != nil {
		return err
	}
	for i, v := range e.cells {
		e.record[i] = e.text(e.schema.Columns[i].Kind, v)
	}
	if e.zone {
		e.record[len(e.cells)] = e.schema.Zone.String()
	}
	return e.flushed(e.to.Write(e.record))
}

func (e *csvEncoder) text(k Kind, v Value) string {
	switch {
	case v.Text == "":
		return ""
	case k == Flag:
		if yes, _ := asFlag(v.Text); yes {
			return "true"
		}
		return "false"
	case k == Text:
		return harmless(v.Text)
	default:
		return v.Text
	}
}

func (e *csvEncoder) Close() error {
	e.to.Flush()
	return e.flushed(e.to.Error())
}

func (e *csvEncoder) flushed(err error) error {
	if err != nil {
		return fmt.Errorf("write the CSV file: %w", err)
	}
	return nil
}

// harmless is a text that a spreadsheet shows instead of carrying it out (R26).
// Real negative numbers stay numbers.
func harmless(s string) string {
	if risky(s) {
		return "'" + s
	}
	return s
}

// risky says whether a spreadsheet may carry a text out: some pass over blanks
// before a formula, and some take the wide signs of East Asian keyboards as well.
func risky(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '-' {
		_, number := plainNumber(s)
		return !number
	}
	if s[0] == '\t' || s[0] == '\r' {
		return true
	}
	if s[0] > ' ' && s[0] < utf8.RuneSelf { // nearly every text
		return s[0] == '=' || s[0] == '+' || s[0] == '@'
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, blank))
	return strings.ContainsRune("=+-@＝＋－＠", first)
}

// blank says whether nothing is seen of a sign.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
