package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// maxUnknown is how many columns beyond the known ones a report may bring; ours,
// so that no answer fills the memory.
const maxUnknown = 1_000

// ErrTooManyColumns says that a report's rows bring more columns than a file is
// made for.
var ErrTooManyColumns = errors.New("the report has too many columns")

// Fit learns from the rows of a report what its columns hold: unknown columns, in
// the order they first came, and which columns hold a cell that isn't of the kind
// the table says. It can be kept as JSON between two rows.
type Fit struct {
	Report  Type
	Columns []Fitted // the known ones first
	Longest int      // the longest cell, in UTF-16 code units, as spreadsheets count

	unknown map[string]int
}

// Fitted is what is learnt about one column.
type Fitted struct {
	Column
	Unknown  bool
	Misfit   bool // some cell isn't of the kind
	Zoneless bool // of a column of times: some cell has no offset
	Zoned    bool // and some has one
}

// NewFit is what is known about a report before any row.
func NewFit(r Report) *Fit {
	f := &Fit{Report: r.Type, Columns: make([]Fitted, len(r.Columns))}
	for i, c := range r.Columns {
		f.Columns[i].Column = c
	}
	return f
}

// Clone is a copy that learns by itself.
func (f *Fit) Clone() *Fit {
	return &Fit{Report: f.Report, Columns: slices.Clone(f.Columns), Longest: f.Longest}
}

// Add learns from a row. The error is ErrTooManyColumns.
func (f *Fit) Add(row Row) error {
	for i, v := range row.Cells {
		f.learn(i, v)
	}
	for _, field := range row.Unknown {
		i, err := f.find(field.Name)
		if err != nil {
			return err
		}
		f.learn(i, field.Value)
	}
	return nil
}

// find is an unknown column's place, which it gets when it first comes.
func (f *Fit) find(name string) (int, error) {
	if f.unknown == nil {
		f.unknown = map[string]int{}
		for i, c := range f.Columns {
			if c.Unknown {
				f.unknown[c.Name] = i
			}
		}
	}
	if i, ok := f.unknown[name]; ok {
		return i, nil
	}
	if len(f.unknown) == maxUnknown {
		return 0, fmt.Errorf("%s: more than %d unknown: %w", f.Report, maxUnknown, ErrTooManyColumns)
	}
	i := len(f.Columns)
	name = strings.Clone(name) // it outlives its page, whose texts may share memory
	f.unknown[name] = i
	f.Columns = append(f.Columns, Fitted{Column: Column{Name: name, National: National(name)}, Unknown: true})
	return i, nil
}

func (f *Fit) learn(i int, v Value) {
	if !v.Set || v.Text == "" {
		return // nothing is of every kind
	}
	if len(v.Text) > f.Longest { // it never has more units than bytes
		f.Longest = max(f.Longest, units(v.Text))
	}
	c := &f.Columns[i]
	switch {
	case c.Misfit || c.Kind == Text:
	case c.Kind == Moment && !fits(Moment, v.Text):
		c.Zoned = true
		c.Misfit = !fits(Instant, v.Text)
	case c.Kind == Moment:
		c.Zoneless = true
	default:
		c.Misfit = !fits(c.Kind, v.Text)
	}
}

func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// final is the kind every cell of the column is of.
func (c Fitted) final() Kind {
	switch {
	case c.Misfit, c.Zoned && c.Zoneless:
		return Text
	case c.Zoned:
		return Instant
	default:
		return c.Kind
	}
}
