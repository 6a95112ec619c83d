package export

import (
	"errors"
	"fmt"
	"io"
)

// Format is a kind of file.
type Format string

// The formats, by the names of their files' endings.
const (
	CSV     Format = "csv"     // RFC 4180: UTF-8, commas; no byte order mark
	NDJSON  Format = "ndjson"  // an object a line
	XLSX    Format = "xlsx"    // a workbook, with a sheet that explains it
	Parquet Format = "parquet" // for programs
)

// Formats are all formats.
func Formats() []Format { return []Format{CSV, NDJSON, XLSX, Parquet} }

// ErrUnknownFormat says that there is no such format.
var ErrUnknownFormat = errors.New("the format is csv, ndjson, xlsx or parquet")

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("%q: %w", name, ErrUnknownFormat)
}

// ContentType is the format's media type.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case NDJSON:
		return "application/x-ndjson"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	default:
		return "application/vnd.apache.parquet"
	}
}

// Encoder writes the rows of one file, in constant memory.
type Encoder interface {
	// Write adds a row of the report. It keeps nothing of it.
	Write(row Row) error
	// Close completes the file; a file without it can't be read. What it is written
	// to stays open.
	Close() error
}

// ErrCellTooLong says that a cell is longer than the format can hold.
var ErrCellTooLong = errors.New("a cell is longer than a spreadsheet can hold; take another format")

// NewEncoder begins a file. It refuses with ErrCellTooLong what can't be written in
// that format before anything is.
func NewEncoder(w io.Writer, f Format, s *Schema) (Encoder, error) {
	switch f {
	case CSV:
		return newCSV(w, s)
	case NDJSON:
		return newNDJSON(w, s), nil
	case XLSX:
		return newXLSX(w, s, maxSheetRows)
	case Parquet:
		return newParquet(w, s), nil
	default:
		return nil, fmt.Errorf("%q: %w", f, ErrUnknownFormat)
	}
}
