package export

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// whole is a row whose cells are all of their columns' kinds, and bare one whose
// cells hold nothing.
var (
	whole = cellsOf("Jansen", "246", "-36.50", "1", "1970-01-01", "2024-05-02 14:56:08", "123456782").with("New", "007")
	bare  = cellsOf("-", "-", "", "-", "-", "-", "-")
)

func TestEachFormatHasTheKinds(t *testing.T) {
	t.Run("CSV", func(t *testing.T) {
		assert.Equal(t, [][]string{
			{"Name", "Count", "Number", "Flag", "Day", "Moment", "New", AssumedZone},
			{"Jansen", "246", "-36.50", "true", "1970-01-01", "2024-05-02 14:56:08", "007", "Europe/Amsterdam"},
			{"", "", "", "", "", "", "", "Europe/Amsterdam"},
		}, readCSV(t, written(t, CSV, whole, bare)))
	})
	t.Run("NDJSON", func(t *testing.T) {
		assert.Equal(t, `{"Name":"Jansen","Count":246,"Number":-36.50,"Flag":true,"Day":"1970-01-01","Moment":"2024-05-02T14:56:08","New":"007","Assumed_Timezone":"Europe/Amsterdam"}
{"Name":null,"Count":null,"Number":null,"Flag":null,"Day":null,"Moment":null,"New":null,"Assumed_Timezone":"Europe/Amsterdam"}
`, string(written(t, NDJSON, whole, bare)))
	})
	t.Run("XLSX", func(t *testing.T) {
		book := openXLSX(t, written(t, XLSX, whole, bare))
		rows, err := book.GetRows("sample")
		require.NoError(t, err)
		assert.Equal(t, []string{"Name", "Count", "Number", "Flag", "Day", "Moment", "New"}, rows[0])
		assert.Equal(t, []string{"Jansen", "246", "-36.5", "TRUE", "1970-01-01", "2024-05-02 14:56:08", "007"}, rows[1])
		for cell, want := range map[string]excelize.CellType{
			"A2": excelize.CellTypeInlineString, "B2": excelize.CellTypeUnset, "C2": excelize.CellTypeUnset, "D2": excelize.CellTypeBool,
			"E2": excelize.CellTypeUnset, "F2": excelize.CellTypeUnset, "G2": excelize.CellTypeInlineString,
		} {
			kind, err := book.GetCellType("sample", cell)
			require.NoError(t, err)
			assert.Equal(t, want, kind, cell)
		}
		day, err := book.GetCellValue("sample", "E2", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		assert.Equal(t, "25569", day, "a real date")
	})
	t.Run("Parquet", func(t *testing.T) {
		file := readParquet(t, written(t, Parquet, whole, bare))
		assert.Equal(t, []string{"Name", "Count", "Number", "Flag", "Day", "Moment", "New"}, file.names, "in the report's order")
		at := time.Date(2024, 5, 2, 14, 56, 8, 0, time.UTC).UnixMicro()
		assert.Equal(t, []any{"Jansen", int64(246), -36.5, true, int32(0), at, "007"}, file.rows[0])
		assert.Equal(t, make([]any, 7), file.rows[1])
		kind := file.Schema().Fields()[5].Type().LogicalType().String()
		assert.Equal(t, "TIMESTAMP(isAdjustedToUTC=false,unit=MICROS)", kind, "without a zone")
	})
}

func TestTheAssumedZoneIsTold(t *testing.T) {
	zone, ok := readParquet(t, written(t, Parquet, whole)).Lookup("assumed_timezone")
	assert.True(t, ok)
	assert.Equal(t, "Europe/Amsterdam", zone)

	book := openXLSX(t, written(t, XLSX, whole))
	properties, err := book.GetDocProps()
	require.NoError(t, err)
	assert.Contains(t, properties.Description, "assumed to be in Europe/Amsterdam")
	told, err := book.GetRows(readMe)
	require.NoError(t, err)
	assert.Contains(t, told, []string{"assumed timezone", "Europe/Amsterdam"})
	assert.Contains(t, told, []string{"Moment", "date and time without a zone"})

	timeless := Report{Type: "timeless", Columns: []Column{text("Name"), text("Word")}}
	rows := []Row{cellsOf("a", "b")}
	assert.Equal(t, "Name,Word\na,b\n", string(encoded(t, CSV, schemaOf(t, timeless, Choice{}, rows...), rows...)))
}

func TestACellThatDoesNotFitIsKept(t *testing.T) {
	odd := cellsOf("", "007", "120/80", "maybe", "0000-00-00", "soon", "-")
	csv := readCSV(t, written(t, CSV, whole, odd))
	assert.Equal(t, []string{"Jansen", "246", "-36.50", "1", "1970-01-01", "2024-05-02 14:56:08", "007"}, csv[1][:7], "as it came")
	assert.Equal(t, []string{"", "007", "120/80", "maybe", "0000-00-00", "soon", ""}, csv[2][:7])

	_, objects := readNDJSON(t, written(t, NDJSON, whole, odd))
	assert.Equal(t, "246", objects[0]["Count"], "the whole column is text")
	assert.Equal(t, "120/80", objects[1]["Number"])
	assert.Equal(t, "", objects[1]["Name"], "nothing typed isn't null")

	file := readParquet(t, written(t, Parquet, whole, odd))
	assert.Equal(t, []any{"Jansen", "246", "-36.50", "1", "1970-01-01", "2024-05-02 14:56:08", "007"}, file.rows[0])
	assert.Equal(t, []any{"", "007", "120/80", "maybe", "0000-00-00", "soon", nil}, file.rows[1])

	book := openXLSX(t, written(t, XLSX, whole, odd))
	rows, err := book.GetRows("sample")
	require.NoError(t, err)
	assert.Equal(t, []string{"", "007", "120/80", "maybe", "0000-00-00", "soon"}, rows[2])
	kind, err := book.GetCellType("sample", "C2")
	require.NoError(t, err)
	assert.Equal(t, excelize.CellTypeUnset, kind, "a spreadsheet's other cells stay numbers")
}

func TestTimesWithAnOffset(t *testing.T) {
	zoned := cellsOf("-", "-", "-", "-", "-", "2024-05-02T14:56:08Z", "-")
	file := readParquet(t, written(t, Parquet, zoned))
	assert.Contains(t, file.Schema().Fields()[5].Type().LogicalType().String(), "isAdjustedToUTC=true")
	assert.Equal(t, time.Date(2024, 5, 2, 14, 56, 8, 0, time.UTC).UnixMicro(), file.rows[0][5])
	_, told := file.Lookup("assumed_timezone")
	assert.False(t, told, "nothing is assumed")

	book := openXLSX(t, written(t, XLSX, zoned))
	rows, err := book.GetRows("sample")
	require.NoError(t, err)
	assert.Equal(t, "2024-05-02 16:56:08", rows[1][5], "in the organisation's zone: a spreadsheet knows none")
	said, err := book.GetRows(readMe)
	require.NoError(t, err)
	assert.Contains(t, said, []string{"times with an offset", "Times that came with an offset from UTC stand here as a clock in Europe/Amsterdam showed them."})
	said, err = openXLSX(t, written(t, XLSX, whole)).GetRows(readMe)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprint(said), "offset")

	mixed := readParquet(t, written(t, Parquet, zoned, whole))
	assert.Equal(t, "2024-05-02T14:56:08Z", mixed.rows[0][5])
	assert.Equal(t, "2024-05-02 14:56:08", mixed.rows[1][5])
}

// R26
func TestCellsAreHarmless(t *testing.T) {
	risks := []string{`=HYPERLINK("http://x")`, "+31 6 12345678", "@SUM(A1)", "\t=1", "\r=1", "-1+cmd|' /C calc'!A0", "-",
		" =1+1", "\n=1+1", "\u00a0@SUM(A1)", "\ufeff=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)", " -5"}
	harmlessOnes := []string{"-5", "-36.50", "a=b", " x", "5-3", "é=1", "שלום", "👩‍⚕️ =", " "}
	var rows []Row
	for _, s := range append(risks, harmlessOnes...) {
		row := bare
		row.Cells = append([]Value{{Text: s, Set: true}}, row.Cells[1:]...)
		rows = append(rows, row.with("=New", s))
	}
	records := readCSV(t, written(t, CSV, rows...))
	assert.Equal(t, "'=New", records[0][6])
	for i, s := range risks {
		assert.Equal(t, []string{"'" + s, "'" + s}, []string{records[i+1][0], records[i+1][6]})
	}
	for i, s := range harmlessOnes {
		assert.Equal(t, s, records[len(risks)+i+1][0])
	}

	book := openXLSX(t, written(t, XLSX, rows...))
	for i, s := range risks {
		cell, err := excelize.CoordinatesToCellName(1, i+2)
		require.NoError(t, err)
		kind, err := book.GetCellType("sample", cell)
		require.NoError(t, err)
		assert.Equal(t, excelize.CellTypeInlineString, kind)
		formula, err := book.GetCellFormula("sample", cell)
		require.NoError(t, err)
		assert.Empty(t, formula)
		value, err := book.GetCellValue("sample", cell)
		require.NoError(t, err)
		assert.Equal(t, s, value)
		style, err := book.GetCellStyle("sample", cell)
		require.NoError(t, err)
		assert.True(t, *book.Styles.CellXfs.Xf[style].QuotePrefix, "a text even when it is edited")
	}

	_, objects := readNDJSON(t, written(t, NDJSON, rows...))
	file := readParquet(t, written(t, Parquet, rows...))
	for i, s := range risks {
		assert.Equal(t, s, objects[i]["Name"], "data stays as it is")
		assert.Equal(t, s, file.rows[i][0])
	}
}

// R27
func TestTheCitizenServiceNumberIsLeftOut(t *testing.T) {
	row := whole
	for _, name := range []string{
		"bsn_number", "Bsn", "patientBsn", "PatientBSN", "BSNNumber", "bsn2", "Citizen_Service_Number", "citizenServiceNumber",
		"burger service nummer", "BurgerServiceNummer", "Sofi_Nummer", "NHS-number",
	} {
		row = row.with(name, "111222333")
	}
	for _, f := range Formats() {
		left := encoded(t, f, schemaOf(t, sample, Choice{}, row), row)
		if f == XLSX {
			rows, err := openXLSX(t, left).GetRows("sample")
			require.NoError(t, err)
			assert.NotContains(t, rows[0], "BSN")
			assert.NotContains(t, rows[1], "111222333")
			continue
		}
		assert.NotContains(t, string(left), "BSN", f)
		assert.NotContains(t, string(left), "123456782", f)
		assert.NotContains(t, string(left), "111222333", f)
	}
	asked := readCSV(t, encoded(t, CSV, schemaOf(t, sample, Choice{National: true}, row), row))
	assert.Contains(t, asked[0], "BSN")
	assert.Contains(t, asked[1], "123456782")
	assert.Contains(t, asked[1], "111222333")
	for _, name := range []string{"Subscription", "Absence", "Number", "Value", "Patient_Number", "Service_Number"} {
		assert.False(t, National(name), name)
	}
}

// R27
func TestAValueMayBeTheCitizenServiceNumber(t *testing.T) {
	for value, want := range map[string]bool{ // the first as the Patients API gives it
		`[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"123456782"}]`: true,
		`{"street":"Dam"}`: false, "the bsn is wrong": false,
	} {
		assert.Equal(t, want, Field{"Identifiers", Value{value, true}}.National(), value)
	}
	settings, _ := Lookup(string(PatientsSettingsHistory))
	key, value := settings.Index("Key"), settings.Index("Value")
	for name, want := range map[string]bool{"bsn": true, "timezone": false} {
		row := cellsOf("p-1", name, "123456782", "h-1", "2024-05-02 14:56:08")
		assert.Equal(t, want, settings.National(row, value), name)
		assert.False(t, settings.National(row, key), name)
	}
}

func TestALongReportGoesOverSeveralSheets(t *testing.T) {
	var file strings.Builder
	rows := []Row{whole, whole, whole, bare, whole}
	e, err := newXLSX(&file, schemaOf(t, sample, Choice{}, rows...), 3)
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, e.Write(row))
	}
	require.NoError(t, e.Close())
	book := openXLSX(t, []byte(file.String()))
	assert.Equal(t, []string{"sample", "sample 2", "sample 3", readMe}, book.GetSheetList())
	for i, name := range book.GetSheetList()[:3] {
		sheet, err := book.GetRows(name)
		require.NoError(t, err)
		assert.Equal(t, "Name", sheet[0][0])
		assert.Len(t, sheet, []int{3, 2, 2}[i], "empty rows at an end aren't counted")
	}
}

func TestAWorkbookHoldsNoLongerCells(t *testing.T) {
	fits := cellsOf(strings.Repeat("é", maxCell))
	assert.Len(t, readCSV(t, written(t, CSV, fits))[1][0], 2*maxCell)
	written(t, XLSX, fits)
	_, err := NewEncoder(&strings.Builder{}, XLSX, schemaOf(t, sample, Choice{}, cellsOf(strings.Repeat("é", maxCell+1))))
	assert.ErrorIs(t, err, ErrCellTooLong)
}

func TestColumnsHaveABound(t *testing.T) {
	f := NewFit(sample)
	for i := range maxUnknown {
		require.NoError(t, f.Add(Row{}.with(letters(i), "x")))
	}
	assert.NoError(t, f.Add(Row{}.with(letters(0), "x")))
	assert.ErrorIs(t, f.Add(Row{}.with("one more", "x")), ErrTooManyColumns)
}

func TestAColumnNobodyLearntIsNotDropped(t *testing.T) {
	e, err := NewEncoder(&strings.Builder{}, CSV, schemaOf(t, sample, Choice{}))
	require.NoError(t, err)
	assert.ErrorContains(t, e.Write(whole), `"New"`)
}

func TestWritingFails(t *testing.T) {
	for _, f := range Formats() {
		s := schemaOf(t, sample, Choice{}, whole)
		e, err := NewEncoder(full{}, f, s)
		for range 100_000 {
			if err != nil {
				break
			}
			err = e.Write(whole)
		}
		assert.ErrorIs(t, err, errFull, "%s: told before everything was tried", f)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// An API that gives nothing leaves a file that can be read, even of a report whose
// columns nobody knows.
func TestEmptyReports(t *testing.T) {
	newer, _ := Lookup(string(MeasurementsWithQuestionnaires))
	assert.Empty(t, readParquet(t, encoded(t, Parquet, schemaOf(t, newer, Choice{}))).rows)
	assert.Equal(t, []string{string(newer.Type), readMe}, openXLSX(t, encoded(t, XLSX, schemaOf(t, newer, Choice{}))).GetSheetList())
	assert.Empty(t, encoded(t, NDJSON, schemaOf(t, newer, Choice{})))
	for _, f := range Formats() {
		encoded(t, f, schemaOf(t, sample, Choice{}))
	}
}
