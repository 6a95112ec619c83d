package export

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// cellGen draws cells of every kind, and others that are nearly of one.
func cellGen() *rapid.Generator[Value] {
	texts := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "0", "1", "true", "False", "007", "-0", "-5", "+5", "1e3", "72", "36.60", "36.599999999999994", "9007199254740993",
			"9223372036854775807", "9223372036854775808", "120/80", "0.1234567890123456789", "1970-01-01", "0000-00-00", "1899-12-31",
			"2024-02-30", "2024-05-02 14:56:08", "2024-05-02T14:56:08.123456", "2024-05-02 14:56:08.1234567", "2024-05-02T14:56:08Z",
			"2024-05-02 14:56:08+02:00", "=1+1", "_x0041_", "a,b", "a\"b", "line\nbreak", " lead", "\u0001", "é\U0001F600", "\ufffe", `\.`,
		}),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) Value {
		if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
			return Value{}
		}
		return Value{strings.ToValidUTF8(texts.Draw(t, "text"), "?"), true}
	})
}

func rowGen() *rapid.Generator[Row] {
	return rapid.Custom(func(t *rapid.T) Row {
		row := Row{Cells: rapid.SliceOfN(cellGen(), len(sample.Columns), len(sample.Columns)).Draw(t, "cells")}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"New", "a,b", "Über", "", "New 2"}), rapid.ID).Draw(t, "names") {
			row.Unknown = append(row.Unknown, Field{name, cellGen().Draw(t, name)})
		}
		return row
	})
}

// lookUp is a row's cell of a column.
func lookUp(row Row, name string) Value {
	if i := sample.Index(name); i >= 0 {
		return row.Cells[i]
	}
	for _, f := range row.Unknown {
		if f.Name == name {
			return f.Value
		}
	}
	return Value{}
}

// Whatever the cells, each comes back from each format as what it was.
func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rowGen(), 1, 8).Draw(t, "rows")
		s := schemaOf(t, sample, Choice{Zone: amsterdam, National: true}, rows...)

		records := readCSV(t, encoded(t, CSV, s, rows...))
		_, objects := readNDJSON(t, encoded(t, NDJSON, s, rows...))
		file := readParquet(t, encoded(t, Parquet, s, rows...))
		sheet, err := openXLSX(t, encoded(t, XLSX, s, rows...)).GetRows("sample")
		require.NoError(t, err)
		require.Len(t, records, 1+len(rows))
		require.Len(t, objects, len(rows))
		require.Len(t, file.rows, len(rows))

		for r, row := range rows {
			for c, column := range s.Columns {
				came := lookUp(row, column.Name)
				at := fmt.Sprintf("%q of %s, %s", came.Text, column.Name, column.Kind)
				require.Equal(t, inCSV(column.Kind, came), records[r+1][c], at)
				require.Equal(t, inNDJSON(column.Kind, came), objects[r][column.Name], at)
				require.Equal(t, came.Text, textOf(column.Kind, came, file.rows[r][c]), at)
				if s.reported[c] == Text {
					require.Equal(t, came.Text, inSheet(sheet, r+1, c), at)
				}
			}
		}
	})
}

func inCSV(k Kind, v Value) string {
	text := v.Text
	if k == Flag && text != "" {
		yes, _ := asFlag(text)
		text = fmt.Sprint(yes)
	}
	if k == Text {
		text = harmless(text)
	}
	return strings.ReplaceAll(text, "\r\n", "\n") // so does the reader
}

func inNDJSON(k Kind, v Value) any {
	switch {
	case !v.Set, v.Text == "" && k != Text:
		return nil
	case k == Count, k == Number:
		return json.Number(v.Text)
	case k == Flag:
		yes, _ := asFlag(v.Text)
		return yes
	case k == Moment, k == Instant:
		return v.Text[:10] + "T" + v.Text[11:]
	}
	return v.Text
}

// textOf is the text a value of a Parquet file came as, if it says the same.
func textOf(k Kind, came Value, read any) string {
	same := false
	switch v := read.(type) {
	case nil:
		same = !came.Set || came.Text == "" && k != Text
	case string:
		return v
	case bool:
		yes, ok := asFlag(came.Text)
		same = ok && yes == v
	case float64:
		f, ok := asNumber(came.Text)
		same = ok && f == v
	case int32:
		same = time.Unix(0, 0).UTC().AddDate(0, 0, int(v)).Format(time.DateOnly) == came.Text
	case int64:
		at := time.UnixMicro(v).UTC()
		switch k {
		case Count:
			same = fmt.Sprint(v) == came.Text
		case Moment:
			text := strings.Replace(came.Text, "T", " ", 1)
			same = at.Format("2006-01-02 15:04:05.999999") == text
		case Instant:
			instant, ok := asInstant(came.Text)
			same = ok && instant.Equal(at)
		}
	}
	if same {
		return came.Text
	}
	return fmt.Sprintf("%v instead", read)
}

// inSheet is a cell of a sheet's rows, which end with their last cell.
func inSheet(rows [][]string, r, c int) string {
	if r < len(rows) && c < len(rows[r]) {
		return rows[r][c]
	}
	return ""
}
