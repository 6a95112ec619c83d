package export

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
)

const (
	// A row group is held in memory until it is complete; ours, so that a file costs
	// a few MB of memory however long it gets.
	groupRows  = 64 << 10
	groupBytes = 8 << 20
	// batchRows are handed to the library together.
	batchRows = 256
	// dictionaryBytes is how long a column's dictionary may get: beyond it, the
	// texts differ too much for one.
	dictionaryBytes = 256 << 10
)

// parquetEncoder writes Parquet. Times without a zone are timestamps that aren't
// adjusted to UTC; the zone assumed for them is in the file's metadata.
type parquetEncoder struct {
	to     *parquet.GenericWriter[any]
	schema *Schema
	cells  []Value
	batch  []parquet.Row
	held   int // rows in the batch
	rows   int // and bytes, in the row group
	bytes  int
}

func newParquet(w io.Writer, s *Schema) *parquetEncoder {
	options := []parquet.WriterOption{
		fileSchema(s), parquet.Compression(&parquet.Snappy), parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.CreatedBy("Triage Board", "1", ""),
	}
	for _, told := range s.about() {
		options = append(options, parquet.KeyValueMetadata(told[0], told[1]))
	}
	e := &parquetEncoder{
		to: parquet.NewGenericWriter[any](w, options...), schema: s,
		cells: make([]Value, len(s.Columns)), batch: make([]parquet.Row, batchRows),
	}
	for i := range e.batch {
		e.batch[i] = make(parquet.Row, len(s.Columns))
	}
	return e
}

func (e *parquetEncoder) Write(row Row) error {
	if err := e.schema.cells(row, e.cells); err != nil {
		return err
	}
	into := e.batch[e.held]
	for i, v := range e.cells {
		value := parquetValue(e.schema.Columns[i].Kind, v)
		defined := 1
		if value.IsNull() {
			defined = 0
		}
		into[i] = value.Level(0, defined, i)
		e.bytes += len(v.Text) + 1
	}
	e.held++
	e.rows++
	switch {
	case e.rows >= groupRows || e.bytes >= groupBytes:
		return e.endGroup()
	case e.held == len(e.batch):
		return e.writeBatch()
	}
	return nil
}

func (e *parquetEncoder) writeBatch() error {
	_, err := e.to.WriteRows(e.batch[:e.held])
	e.held = 0
	return parquetError(err)
}

func (e *parquetEncoder) endGroup() error {
	if err := e.writeBatch(); err != nil {
		return err
	}
	e.rows, e.bytes = 0, 0
	return parquetError(e.to.Flush())
}

func (e *parquetEncoder) Close() error {
	if err := e.writeBatch(); err != nil {
		return err
	}
	return parquetError(e.to.Close())
}

func parquetError(err error) error {
	if err != nil {
		return fmt.Errorf("write the Parquet file: %w", err)
	}
	return nil
}

// parquetValue is a cell of a column of that kind; null where it holds nothing.
func parquetValue(k Kind, v Value) parquet.Value {
	if !v.Set || v.Text == "" && k != Text {
		return parquet.NullValue()
	}
	switch k {
	case Count:
		n, _ := asCount(v.Text)
		return parquet.Int64Value(n)
	case Number:
		f, _ := asNumber(v.Text)
		return parquet.DoubleValue(f)
	case Flag:
		yes, _ := asFlag(v.Text)
		return parquet.BooleanValue(yes)
	case Day:
		day, _ := asDay(v.Text)
		return parquet.Int32Value(int32(day.Unix() / int64(24*time.Hour/time.Second))) //nolint:gosec // years have four digits
	case Moment:
		at, _ := asMoment(v.Text)
		return parquet.Int64Value(at.UnixMicro())
	case Instant:
		at, _ := asInstant(v.Text)
		return parquet.Int64Value(at.UnixMicro())
	default:
		return parquet.ByteArrayValue([]byte(v.Text))
	}
}

// fileSchema is the schema in Parquet's terms: every column may hold nothing.
func fileSchema(s *Schema) *parquet.Schema {
	root := columns{fields: make([]parquet.Field, len(s.Columns))}
	for i, c := range s.Columns {
		root.fields[i] = column{parquet.Optional(leaf(c.Kind)), c.Name}
	}
	return parquet.NewSchema(string(s.Report), root)
}

func leaf(k Kind) parquet.Node {
	switch k {
	case Count:
		return parquet.Int(64)
	case Number:
		return parquet.Leaf(parquet.DoubleType)
	case Flag:
		return parquet.Leaf(parquet.BooleanType)
	case Day:
		return parquet.Date()
	case Moment:
		return parquet.TimestampAdjusted(parquet.Microsecond, false)
	case Instant:
		return parquet.TimestampAdjusted(parquet.Microsecond, true)
	default:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
}

// columns is a group whose fields keep their order; the library's sorts them by
// name.
type columns struct {
	parquet.Group
	fields []parquet.Field
}

func (c columns) Fields() []parquet.Field { return c.fields }
func (c columns) String() string          { return "columns" }
func (c columns) GoType() reflect.Type    { return reflect.TypeFor[map[string]any]() }

type column struct {
	parquet.Node
	name string
}

func (c column) Name() string { return c.name }

// Value is for rows that are Go values, which ours aren't.
func (c column) Value(reflect.Value) reflect.Value { return reflect.Value{} }
