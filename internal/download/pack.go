package download

import (
	"encoding/binary"
	"fmt"

	"triageboard/internal/export"
)

// packer turns rows into bytes: for each the number of its cells, the cells, the
// number of unknown fields, and their names and cells. A cell is its length and
// one, or zero for null, and its text. The citizen service number is left out,
// unless it is asked for (R27).
type packer struct {
	report   export.Report
	national bool
}

func (p packer) add(to []byte, row export.Row) []byte {
	to = binary.AppendUvarint(to, uint64(len(row.Cells)))
	for i, v := range row.Cells {
		if !p.national && i < len(p.report.Columns) && p.report.National(row, i) {
			v = export.Value{}
		}
		to = addValue(to, v)
	}
	to = binary.AppendUvarint(to, uint64(len(row.Unknown)))
	for _, f := range row.Unknown {
		if !p.national && f.National() {
			f.Value = export.Value{}
		}
		to = addText(to, f.Name)
		to = addValue(to, f.Value)
	}
	return to
}

func addText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

func addValue(to []byte, v export.Value) []byte {
	if !v.Set {
		return append(to, 0)
	}
	return append(binary.AppendUvarint(to, uint64(len(v.Text))+1), v.Text...)
}

// unpacker reads rows. A row is good until the next; the texts are parts of one
// string for all of them.
type unpacker struct {
	from string
	row  export.Row
}

// next is the next row; ErrDamaged where it isn't whole.
func (u *unpacker) next() (export.Row, error) {
	cells, err := u.length()
	if err != nil {
		return export.Row{}, err
	}
	u.row.Cells, u.row.Unknown = u.row.Cells[:0], u.row.Unknown[:0]
	for range cells {
		v, err := u.value()
		if err != nil {
			return export.Row{}, err
		}
		u.row.Cells = append(u.row.Cells, v)
	}
	unknown, err := u.length()
	if err != nil {
		return export.Row{}, err
	}
	for range unknown {
		size, err := u.length()
		if err != nil {
			return export.Row{}, err
		}
		f := export.Field{Name: u.take(size)}
		if f.Value, err = u.value(); err != nil {
			return export.Row{}, err
		}
		u.row.Unknown = append(u.row.Unknown, f)
	}
	return u.row, nil
}

func (u *unpacker) value() (export.Value, error) {
	if u.from == "" {
		return export.Value{}, errShort
	}
	if u.from[0] == 0 {
		u.from = u.from[1:]
		return export.Value{}, nil
	}
	n, ok := u.number()
	if !ok || n-1 > uint64(len(u.from)) {
		return export.Value{}, errShort
	}
	return export.Value{Text: u.take(int(n - 1)), Set: true}, nil //nolint:gosec // no longer than the string
}

// length is a number of things of which each is at least a byte.
func (u *unpacker) length() (int, error) {
	n, ok := u.number()
	if !ok || n > uint64(len(u.from)) {
		return 0, errShort
	}
	return int(n), nil //nolint:gosec // no longer than the string
}

func (u *unpacker) number() (n uint64, ok bool) {
	for i := 0; i < len(u.from) && i < binary.MaxVarintLen64; i++ {
		b := u.from[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			u.from = u.from[i+1:]
			return n, true
		}
	}
	return 0, false
}

func (u *unpacker) take(n int) string {
	s := u.from[:n]
	u.from = u.from[n:]
	return s
}

var errShort = fmt.Errorf("a row isn't whole: %w", ErrDamaged)
