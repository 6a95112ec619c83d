package export

import (
	"fmt"
	"time"
)

// AssumedZone is the column that CSV and NDJSON files end with where the report
// has times without a zone: such a file has no other place to say which zone they
// are assumed to be in.
const AssumedZone = "Assumed_Timezone"

// Schema is the columns of one file, and what is told about it.
type Schema struct {
	Report  Type
	Range   Range
	Columns []Column // each of the kind all its cells are of
	// Zone is the one assumed for times without a zone. They are written as they
	// came, never converted.
	Zone    *time.Location
	Fetched time.Time // zero: not told

	reported []Kind // what the table says the columns are
	place    []int  // of a known column in a row's cells; -1 for an unknown one
	unknown  map[string]int
	longest  int
	zoned    bool // some time came with an offset
}

// Choice is what is decided about a file beside its report.
type Choice struct {
	Range    Range
	Zone     *time.Location // nil: UTC
	Fetched  time.Time
	National bool // with the citizen service number (R27)
}

// leftOut is the place of an unknown column that isn't written.
const leftOut = -1

// Schema decides the columns of a file of the rows that were learnt from. The
// columns are the known ones in the reference page's order, then the unknown ones
// as they first came. One in which some cell isn't of its kind is text.
func (f *Fit) Schema(c Choice) *Schema {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	s := &Schema{
		Report: f.Report, Range: c.Range, Zone: c.Zone, Fetched: c.Fetched,
		unknown: map[string]int{}, longest: f.Longest,
	}
	for i, column := range f.Columns {
		written := !column.National || c.National
		if column.Unknown {
			s.unknown[column.Name] = leftOut
			if written {
				s.unknown[column.Name] = len(s.Columns)
			}
			i = -1
		}
		if written {
			reported := column.Kind
			column.Kind = column.final()
			s.Columns = append(s.Columns, column.Column)
			s.reported = append(s.reported, reported)
			s.zoned = s.zoned || column.Zoned
			s.place = append(s.place, i)
		}
	}
	return s
}

// Zoneless says whether some column holds times for which a zone is assumed.
func (s *Schema) Zoneless() bool {
	for i, c := range s.Columns {
		if c.Kind == Moment || s.reported[i] == Moment && c.Kind == Text {
			return true
		}
	}
	return false
}

// zoneColumn is what AssumedZone is called in this file; empty where it has none.
func (s *Schema) zoneColumn() string {
	if !s.Zoneless() {
		return ""
	}
	name := AssumedZone
	for s.has(name) {
		name += "_"
	}
	return name
}

func (s *Schema) has(name string) bool {
	for _, c := range s.Columns {
		if c.Name == name {
			return true
		}
	}
	return false
}

// about is what is told of the file where a format has a place for it, by name.
func (s *Schema) about() [][2]string {
	told := [][2]string{{"report", string(s.Report)}, {"source", "Luscii Export API"}}
	if s.Range != (Range{}) {
		told = append(told, [2]string{"from", s.Range.From}, [2]string{"to", s.Range.To})
	}
	if !s.Fetched.IsZero() {
		told = append(told, [2]string{"fetched_at", s.Fetched.UTC().Format(time.RFC3339)})
	}
	if s.Zoneless() {
		told = append(told, [2]string{"assumed_timezone", s.Zone.String()})
	}
	return told
}

// cells puts a row's cells in the order of the columns. into is as long as those.
func (s *Schema) cells(row Row, into []Value) error {
	for i, place := range s.place {
		into[i] = Value{}
		if place >= 0 && place < len(row.Cells) {
			into[i] = row.Cells[place]
		}
	}
	for _, field := range row.Unknown {
		switch i, ok := s.unknown[field.Name]; {
		case !ok:
			return fmt.Errorf("the rows have a column more than was learnt: %q", field.Name)
		case i != leftOut:
			into[i] = field.Value
		}
	}
	return nil
}
