package luscii

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
)

func reportOf(t testing.TB, kind export.Type) export.Report {
	t.Helper()
	r, ok := export.Lookup(string(kind))
	require.True(t, ok)
	return r
}

func set(text string) export.Value { return export.Value{Text: text, Set: true} }

// NOTES: `"0"` and `0`, `"246"`, `Self_Planned: 1`: flexible numbers and
// booleans; unknown columns are kept, in the order they came.
func TestCells(t *testing.T) {
	ratings := reportOf(t, export.StarRatings) // Group, Date, Patient_UUID, Score, Remarks
	none := export.Value{}
	for name, tt := range map[string]struct {
		row     string
		want    []export.Value
		unknown []export.Field
	}{
		"as in the sample":   {`{"Group":"A","Date":"2024-05-02 15:08:30","Patient_UUID":"p","Score":"246","Remarks":null}`, []export.Value{set("A"), set("2024-05-02 15:08:30"), set("p"), set("246"), none}, nil},
		"numbers":            {`{"Score":246,"Group":-1.50e3}`, []export.Value{set("-1.50e3"), none, none, set("246"), none}, nil},
		"booleans":           {`{"Score":true,"Group":false}`, []export.Value{set("false"), none, none, set("true"), none}, nil},
		"empty text":         {`{"Group":""}`, []export.Value{set(""), none, none, none, none}, nil},
		"nothing":            {`{}`, []export.Value{none, none, none, none, none}, nil},
		"another order":      {`{"Remarks":"r","Score":1,"Group":"g"}`, []export.Value{set("g"), none, none, set("1"), set("r")}, nil},
		"object and array":   {`{"Group":{"name":"A }"},"Score":[1,"]"]}`, []export.Value{set(`{"name":"A }"}`), none, none, set(`[1,"]"]`), none}, nil},
		"escapes":            {`{"Group":"a\"b\\","Remarks":"\u00e9\ud83d\ude00\n"}`, []export.Value{set(`a"b\`), none, none, none, set("é😀\n")}, nil},
		"escaped name":       {`{"Gr\u006fup":"A"}`, []export.Value{set("A"), none, none, none, none}, nil},
		"twice: last counts": {`{"Group":"A","Group":"B"}`, []export.Value{set("B"), none, none, none, none}, nil},
		"space":              {" {\n\t\"Group\" :\r\"A\" , \"Score\" : 5 } ", []export.Value{set("A"), none, none, set("5"), none}, nil},
		"unknown columns": {
			`{"Zeta":1,"Group":"A","Alpha":null,"Date":"d","Beta":"x"}`, []export.Value{set("A"), set("d"), none, none, none},
			[]export.Field{{Name: "Zeta", Value: set("1")}, {Name: "Alpha"}, {Name: "Beta", Value: set("x")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			page, bad := parseSheet([]byte(`{"data":[`+tt.row+`]}`), ratings)
			require.Nil(t, bad)
			assert.Equal(t, []export.Row{{Cells: tt.want, Unknown: tt.unknown}}, page.rows)
		})
	}
}

// Rows keep to their own cells, however many there are.
func TestRowsDontShareCells(t *testing.T) {
	var rows []string
	for i := range 3*rowsAtOnce + 1 {
		rows = append(rows, fmt.Sprintf(`{"Score":%d}`, i))
	}
	page, bad := parseSheet([]byte(data(strings.Join(rows, ","))), reportOf(t, export.StarRatings))
	require.Nil(t, bad)
	require.Len(t, page.rows, len(rows))
	for i, row := range page.rows {
		assert.Equal(t, []export.Value{{}, {}, {}, set(fmt.Sprint(i)), {}}, row.Cells)
	}
}

// A newer report's columns aren't known: all of them are kept.
func TestCellsOfANewerReport(t *testing.T) {
	page, bad := parseSheet([]byte(data(`{"Patient_UUID":"p","Answer":3}`)), reportOf(t, export.MeasurementsForQuestionnaires))
	require.Nil(t, bad)
	assert.Equal(t, []export.Row{{Unknown: []export.Field{
		{Name: "Patient_UUID", Value: set("p")}, {Name: "Answer", Value: set("3")},
	}}}, page.rows)
}

// What is no row is told, never dropped silently.
func TestElementsThatAreNoRow(t *testing.T) {
	page, bad := parseSheet([]byte(data(`null,{"Score":1},"x",[{"Score":2}],7`)), reportOf(t, export.StarRatings))
	require.Nil(t, bad)
	assert.Len(t, page.rows, 1)
	warnings := page.page().Warnings
	require.Len(t, warnings, 4)
	assert.Equal(t, codeNoObject, warnings[0].Code)
}

// A body of 32 MB can hold ten million rows of nothing, which would take gigabytes.
func TestAPageHasABound(t *testing.T) {
	for _, element := range []string{"{}", "1"} {
		body := func(n int) []byte { return []byte(`{"data":[` + strings.Repeat(element+",", n-1) + element + `]}`) }
		_, bad := parseSheet(body(mostRows), reportOf(t, export.StarRatings))
		assert.Nil(t, bad, element)
		_, bad = parseSheet(body(mostRows+1), reportOf(t, export.StarRatings))
		require.NotNil(t, bad, element)
		assert.Equal(t, "too many rows on a page", bad.what)
	}
}

func TestSheetsThatAreNone(t *testing.T) {
	for body, want := range map[string]flaw{
		``:                          {what: "not JSON", offset: 0},
		`[]`:                        {what: "not a JSON object"},
		`null`:                      {what: "not a JSON object"},
		`{"data":[{"Score":1},]}`:   {what: "not JSON", offset: 22},
		`{"data":[]}//`:             {what: "not JSON", offset: 12},
		`{}`:                        {what: "no data"},
		`{"data":null}`:             {what: "no data"},
		`{"data":null,"errors":[]}`: {what: "no data"},
		`{"data":"x"}`:              {what: "data is neither an array nor an object"},
	} {
		_, bad := parseSheet([]byte(body), reportOf(t, export.StarRatings))
		if assert.NotNil(t, bad, body) {
			assert.Equal(t, want, *bad, body)
		}
	}
}

// plainCell is what a cell is by encoding/json alone.
func plainCell(raw json.RawMessage) export.Value {
	if shapeOf(raw) == shapeNothing {
		return export.Value{}
	}
	return set(textOf(raw))
}

// Whatever encoding/json makes of a page, the walker makes of it too.
func FuzzParseSheet(f *testing.F) {
	for _, r := range export.Reports() {
		if !r.Newer {
			f.Add([]byte(fixture(f, "export-"+string(r.Type)+".json")))
		}
	}
	f.Add([]byte(`{"data":[{"Score":1,"x":[{"]":"}\""}]},null],"meta":{"nextCursor":"\u0061"},"errors":{"code":"x"}}`))
	f.Add([]byte(`{"data":{"Group":{}},"data":[ ] , "meta":[]}`))
	f.Add([]byte("{\"data\":[{\"Group\":\"\xff\\ud800\"}]}"))
	f.Add([]byte(strings.Repeat("[", 20_000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []export.Type{export.StarRatings, export.MeasurementsForQuestionnaires} {
			report := reportOf(t, kind)
			got, bad := parseSheet(body, report)
			if !utf8.Valid(body) {
				continue
			}
			want, wantBad := parseEnvelope(body)
			if (bad == nil) != (wantBad == nil) {
				t.Fatalf("%v, by encoding/json %v", bad, wantBad)
			}
			if bad != nil {
				continue
			}
			rows := got.rows
			for _, item := range want.items {
				o, ok := parseObject(item)
				if !ok {
					continue // an error beside the data
				}
				compareRow(t, report, rows[0], o)
				rows = rows[1:]
			}
			if len(rows) > 0 || got.next != want.next || got.lostWay != want.lostWay || len(got.rows)+len(got.errs) != len(want.items)+len(want.errs) {
				t.Fatalf("%+v, by encoding/json %+v", got, want)
			}
		}
	})
}

func compareRow(t *testing.T, report export.Report, got export.Row, want object) {
	cells := map[string]export.Value{}
	for _, field := range got.Unknown {
		cells[field.Name] = field.Value
	}
	for i, column := range report.Columns {
		if _, given := want[column.Name]; given || got.Cells[i].Set {
			cells[column.Name] = got.Cells[i]
		}
	}
	if len(cells) != len(want) {
		t.Fatalf("%v, by encoding/json %v", cells, want)
	}
	for name, raw := range want {
		if cells[name] != plainCell(raw) {
			t.Fatalf("%s: %v, by encoding/json %s", name, cells[name], raw)
		}
	}
}

// A page of measurements as the reference page's sample gives them.
func BenchmarkParseSheet(b *testing.B) {
	row := `{"Patient_UUID":"9ba6c627-25b7-45bc-936b-36b1a45da8a3","First_Name":"John","Middle_Name":null,"Last_Name":"Doe",` +
		`"Patient_Number":"123456789","Group":"A Group","Program":"A Program","Protocol":"A Protocol",` +
		`"Measurement_Date":"2024-05-02 14:56:08","Measurement_Name":"Heart rate","Measurement_Value":"72","Alert_Flag":null,` +
		`"Alert_Type":null,"Alert_Created_Date":null,"Alert_Processed_Type":null,"Alert_Processed_Action":null,` +
		`"Alert_Processed_At":null,"Alert_Processed_By_UUID":null}`
	body := []byte(`{"meta":{"perPage":50,"nextCursor":"x"},"data":[` + strings.Repeat(row+",", rowsAtOnce-1) + row + `]}`)
	report := reportOf(b, export.Measurements)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if page, bad := parseSheet(body, report); bad != nil || len(page.rows) != rowsAtOnce {
			b.Fatal(bad)
		}
	}
	b.ReportMetric(float64(b.N)*rowsAtOnce/b.Elapsed().Seconds(), "rows/s")
}
