package export

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// What a workbook can hold.
const (
	maxSheetRows   = 1 << 20 // the heads among them
	maxSheetName   = 31      // characters
	maxCell        = 32_767  // UTF-16 code units
	exactInNumbers = 1 << 53
)

// The cell styles, by their places in the workbook's list.
const (
	plainStyle = iota
	headStyle  // quoted, too
	dayStyle
	timeStyle
	// quotedStyle is what typing an apostrophe first does: a text stays one even
	// when somebody edits the cell (R26).
	quotedStyle
)

// xlsxEncoder writes a workbook straight to where it goes: sheet by sheet, then the
// sheet that explains it and the parts that name the sheets. No row touches the
// disk in clear. A cell that isn't of its column's kind is a text, the others keep
// theirs: a spreadsheet types cells, not columns.
type xlsxEncoder struct {
	zip    *zip.Writer
	sheet  *bufio.Writer
	schema *Schema
	most   int // rows in a sheet
	rows   int // in the current one
	sheets []string
	cells  []Value
	refs   []string // the columns' letters
	line   []byte
}

func newXLSX(w io.Writer, s *Schema, most int) (*xlsxEncoder, error) {
	if s.longest > maxCell {
		return nil, fmt.Errorf("%d characters: %w", s.longest, ErrCellTooLong)
	}
	e := &xlsxEncoder{zip: zip.NewWriter(w), schema: s, most: most, cells: make([]Value, len(s.Columns))}
	// The quickest compression: the usual one takes longer than all the rest.
	e.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	for i := range s.Columns {
		e.refs = append(e.refs, letters(i))
	}
	return e, xlsxError(e.begin())
}

func (e *xlsxEncoder) Write(row Row) error {
	if err := e.schema.cells(row, e.cells); err != nil {
		return err
	}
	if e.rows == e.most {
		if err := e.next(); err != nil {
			return xlsxError(err)
		}
	}
	e.open()
	for i, v := range e.cells {
		if v.Text != "" {
			e.cell(i, v.Text)
		}
	}
	return xlsxError(e.end())
}

func (e *xlsxEncoder) Close() error {
	if err := e.endSheet(); err != nil {
		return xlsxError(err)
	}
	if err := e.explain(); err != nil {
		return xlsxError(err)
	}
	if err := e.writeParts(); err != nil {
		return xlsxError(err)
	}
	return xlsxError(e.zip.Close())
}

func xlsxError(err error) error {
	if err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// begin begins a sheet of rows, with the columns' names in its first, which stays
// in sight.
func (e *xlsxEncoder) begin() error {
	name := string(e.schema.Report)
	if n := len(e.sheets) + 1; n > 1 {
		number := " " + strconv.Itoa(n)
		name = name[:min(len(name), maxSheetName-len(number))] + number
	}
	if err := e.beginSheet(name); err != nil {
		return err
	}
	e.open()
	for i, c := range e.schema.Columns {
		e.text(e.refs[i], headStyle, c.Name)
	}
	return e.end()
}

func (e *xlsxEncoder) next() error {
	if err := e.endSheet(); err != nil {
		return err
	}
	return e.begin()
}

const sheetBegin = xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>` +
	`<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>` +
	`</sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="16384" width="22" customWidth="1"/></cols><sheetData>`

func (e *xlsxEncoder) beginSheet(name string) error {
	e.sheets = append(e.sheets, name)
	e.rows = 0
	w, err := e.zip.Create("xl/worksheets/sheet" + strconv.Itoa(len(e.sheets)) + ".xml")
	if err != nil {
		return err
	}
	e.sheet = bufio.NewWriterSize(w, fileBuffer)
	_, err = e.sheet.WriteString(sheetBegin)
	return err
}

func (e *xlsxEncoder) endSheet() error {
	if _, err := e.sheet.WriteString(`</sheetData></worksheet>`); err != nil {
		return err
	}
	return e.sheet.Flush()
}

func (e *xlsxEncoder) open() {
	e.rows++
	e.line = append(e.line[:0], `<row r="`...)
	e.line = strconv.AppendInt(e.line, int64(e.rows), 10)
	e.line = append(e.line, `">`...)
}

func (e *xlsxEncoder) end() error {
	e.line = append(e.line, "</row>"...)
	_, err := e.sheet.Write(e.line)
	return err
}

// cell adds a cell by what it holds.
func (e *xlsxEncoder) cell(i int, s string) {
	switch e.schema.reported[i] {
	case Count:
		if n, ok := asCount(s); ok && n < exactInNumbers && n > -exactInNumbers {
			e.value(i, plainStyle, "", s)
			return
		}
	case Number:
		if _, ok := asNumber(s); ok {
			e.value(i, plainStyle, "", s)
			return
		}
	case Flag:
		if yes, ok := asFlag(s); ok {
			e.value(i, plainStyle, "b", map[bool]string{true: "1", false: "0"}[yes])
			return
		}
	case Day:
		if day, ok := asDay(s); ok && dated(day) {
			e.value(i, dayStyle, "", serial(day))
			return
		}
	case Moment:
		at, ok := asMoment(s)
		if !ok {
			if at, ok = asInstant(s); ok {
				at = onTheWall(at, e.schema.Zone)
			}
		}
		if ok && dated(at) {
			e.value(i, timeStyle, "", serial(at))
			return
		}
	}
	style := plainStyle
	if risky(s) {
		style = quotedStyle
	}
	e.text(e.refs[i], style, s)
}

// start adds a cell's beginning: <c r="B7" s="2" t="b">.
func (e *xlsxEncoder) start(column string, style int, kind string) {
	e.line = append(e.line, `<c r="`...)
	e.line = append(e.line, column...)
	e.line = strconv.AppendInt(e.line, int64(e.rows), 10)
	if style != plainStyle {
		e.line = append(e.line, `" s="`...)
		e.line = strconv.AppendInt(e.line, int64(style), 10)
	}
	if kind != "" {
		e.line = append(e.line, `" t="`...)
		e.line = append(e.line, kind...)
	}
	e.line = append(e.line, `">`...)
}

func (e *xlsxEncoder) value(i, style int, kind, value string) {
	e.start(e.refs[i], style, kind)
	e.line = append(e.line, "<v>"...)
	e.line = append(e.line, value...)
	e.line = append(e.line, "</v></c>"...)
}

func (e *xlsxEncoder) text(column string, style int, s string) {
	e.start(column, style, "inlineStr")
	e.line = append(e.line, `<is><t xml:space="preserve">`...)
	e.line = appendXML(e.line, s)
	e.line = append(e.line, "</t></is></c>"...)
}

// firstDay is the first that spreadsheets count right: they hold 1900 for a leap
// year.
var firstDay = time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC)

func dated(t time.Time) bool { return !t.Before(firstDay) && t.Year() <= 9999 }

// serial is a time as spreadsheets count it: days since 1899-12-30.
func serial(t time.Time) string {
	const day = 24 * 60 * 60
	const epoch = 25_569 // 1970-01-01
	seconds := t.Unix()
	days := epoch + float64(seconds/day)
	if rest := math.Mod(float64(seconds), day); rest != 0 || t.Nanosecond() != 0 {
		days += (rest + float64(t.Nanosecond())/1e9) / day
	}
	return strconv.FormatFloat(days, 'f', -1, 64)
}

// onTheWall is what a clock in the zone shows, as if it stood in UTC.
func onTheWall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// letters name a column: A, B, … Z, AA.
func letters(i int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	last := alphabet[i%len(alphabet):][:1]
	if i < len(alphabet) {
		return last
	}
	return letters(i/len(alphabet)-1) + last
}

// appendXML escapes a text as workbooks do: what XML can't hold is _xHHHH_.
func appendXML(line []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r == '&':
			line = append(line, "&amp;"...)
		case r == '<':
			line = append(line, "&lt;"...)
		case r == '>':
			line = append(line, "&gt;"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == '_' && escapeLike(s[i:]):
			line = fmt.Appendf(line, "_x%04X_", r)
		case r < 0x80:
			line = append(line, s[i])
		default:
			line = append(line, string(r)...)
		}
	}
	return line
}

// escapeLike says whether a text begins as if it were an escape: _x0041_.
func escapeLike(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}
