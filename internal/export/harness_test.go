package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

var amsterdam = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}()

// sample has a column of each kind.
var sample = Report{Type: "sample", Columns: []Column{
	text("Name"), count("Count"), {Name: "Number", Kind: Number}, {Name: "Flag", Kind: Flag},
	day("Day"), moment("Moment"), {Name: "BSN", National: true},
}}

// cellsOf is a row of these texts; "-" alone is null.
func cellsOf(texts ...string) Row {
	var r Row
	for _, t := range texts {
		r.Cells = append(r.Cells, Value{Text: t, Set: true})
		if t == "-" {
			r.Cells[len(r.Cells)-1] = Value{}
		}
	}
	return r
}

func (r Row) with(name, text string) Row {
	r.Unknown = append(r.Unknown, Field{name, Value{text, true}})
	return r
}

func schemaOf(t require.TestingT, r Report, c Choice, rows ...Row) *Schema {
	f := NewFit(r)
	for _, row := range rows {
		require.NoError(t, f.Add(row))
	}
	return f.Schema(c)
}

func encoded(t require.TestingT, f Format, s *Schema, rows ...Row) []byte {
	var file bytes.Buffer
	e, err := NewEncoder(&file, f, s)
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, e.Write(row))
	}
	require.NoError(t, e.Close())
	return file.Bytes()
}

// written is the file of these rows of the sample, in Amsterdam.
func written(t require.TestingT, f Format, rows ...Row) []byte {
	return encoded(t, f, schemaOf(t, sample, Choice{Zone: amsterdam}, rows...), rows...)
}

func readCSV(t require.TestingT, file []byte) [][]string {
	records, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	return records
}

// readNDJSON gives the keys of the first line in their order, and all objects with
// their numbers as they stand there.
func readNDJSON(t require.TestingT, file []byte) (keys []string, objects []map[string]any) {
	for line := range bytes.Lines(file) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var o map[string]any
		require.NoError(t, d.Decode(&o))
		objects = append(objects, o)
	}
	first, _, _ := bytes.Cut(file, []byte("\n"))
	d := json.NewDecoder(bytes.NewReader(first))
	_, err := d.Token()
	require.NoError(t, err)
	for d.More() {
		key, err := d.Token()
		require.NoError(t, err)
		keys = append(keys, key.(string))
		_, err = d.Token()
		require.NoError(t, err)
	}
	return keys, objects
}

func openXLSX(t require.TestingT, file []byte) *excelize.File {
	book, err := excelize.OpenReader(bytes.NewReader(file))
	require.NoError(t, err)
	return book
}

// parquetFile is what a Parquet file holds, null as nil.
type parquetFile struct {
	*parquet.File
	names []string
	rows  [][]any
}

func readParquet(t require.TestingT, file []byte) parquetFile {
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	p := parquetFile{File: f}
	for _, c := range f.Schema().Columns() {
		p.names = append(p.names, strings.Join(c, "."))
	}
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 10)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				p.rows = append(p.rows, goValues(row))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NoError(t, rows.Close())
	}
	return p
}

func goValues(row parquet.Row) []any {
	values := make([]any, len(row))
	for i, v := range row {
		switch {
		case v.IsNull():
		case v.Kind() == parquet.ByteArray:
			values[i] = string(v.ByteArray())
		case v.Kind() == parquet.Int64:
			values[i] = v.Int64()
		case v.Kind() == parquet.Int32:
			values[i] = v.Int32()
		case v.Kind() == parquet.Double:
			values[i] = v.Double()
		case v.Kind() == parquet.Boolean:
			values[i] = v.Boolean()
		}
	}
	return values
}
