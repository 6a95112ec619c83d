package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// fileBuffer is how much is gathered before it is written.
const fileBuffer = 64 << 10

// ndjsonEncoder writes an object a line, with every column in every object, null
// where a cell holds nothing. It is data: texts stay as they came.
type ndjsonEncoder struct {
	to     *bufio.Writer
	schema *Schema
	cells  []Value
	keys   [][]byte // {"Name": or ,"Name":
	end    []byte
	line   []byte
}

func newNDJSON(w io.Writer, s *Schema) *ndjsonEncoder {
	e := &ndjsonEncoder{to: bufio.NewWriterSize(w, fileBuffer), schema: s, cells: make([]Value, len(s.Columns))}
	before := byte('{')
	for _, c := range s.Columns {
		e.keys = append(e.keys, append(appendQuoted([]byte{before}, c.Name), ':'))
		before = ','
	}
	if zone := s.zoneColumn(); zone != "" {
		e.end = append(appendQuoted([]byte{before}, zone), ':')
		e.end = appendQuoted(e.end, s.Zone.String())
		before = ','
	}
	if before == '{' {
		e.end = []byte{before}
	}
	e.end = append(e.end, '}', '\n')
	return e
}

func (e *ndjsonEncoder) Write(row Row) error {
	if err := e.schema.cells(row, e.cells); err != nil {
		return err
	}
	e.line = e.line[:0]
	for i, v := range e.cells {
		e.line = append(e.line, e.keys[i]...)
		e.line = appendJSON(e.line, e.schema.Columns[i].Kind, v)
	}
	e.line = append(e.line, e.end...)
	_, err := e.to.Write(e.line)
	return ndjsonError(err)
}

func (e *ndjsonEncoder) Close() error { return ndjsonError(e.to.Flush()) }

func ndjsonError(err error) error {
	if err != nil {
		return fmt.Errorf("write the NDJSON file: %w", err)
	}
	return nil
}

// appendJSON writes a cell: numbers with the digits they came with, times as ISO
// 8601 writes them.
func appendJSON(line []byte, k Kind, v Value) []byte {
	if !v.Set || v.Text == "" && k != Text {
		return append(line, "null"...)
	}
	switch k {
	case Count, Number:
		return append(line, v.Text...)
	case Flag:
		if yes, _ := asFlag(v.Text); yes {
			return append(line, "true"...)
		}
		return append(line, "false"...)
	case Moment, Instant:
		line = appendQuoted(line, v.Text)
		line[len(line)-1-len(v.Text)+len("2006-01-02")] = 'T'
		return line
	default:
		return appendQuoted(line, v.Text)
	}
}

// appendQuoted writes a JSON string. Most texts need no escape.
func appendQuoted(line []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	if plain && utf8.ValidString(s) {
		line = append(line, '"')
		line = append(line, s...)
		return append(line, '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // of a string, it never fails
	}
	return append(line, quoted...)
}
