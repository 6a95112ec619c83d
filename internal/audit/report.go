package audit

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Filter says which records are asked for. Empty fields ask for all.
type Filter struct {
	Patient  string
	User     string
	Action   Action
	From, To time.Time // from a moment on, and before another; zero: without limit
	// ReopenedSoon asks for those only that are marked so (R17).
	ReopenedSoon bool
	// Newest answers the newest first instead of the oldest.
	Newest bool
	Before uint64 // with Newest: only those behind this record; 0: from the first on
	Limit  int    // at most so many; 0: all
}

// line is a record as it leaves the program.
type line struct {
	Key    string          `json:"key"`
	Prev   string          `json:"prev"`
	Hash   string          `json:"hash"`
	Record json.RawMessage `json:"record"`
}

func newLine(r Record) line { return line{r.Key, r.Prev.String(), r.Hash.String(), r.Body} }

// WriteStream writes records as lines of JSON that can be told from whatever else
// is written there: {"audit":{…}}.
func WriteStream(w io.Writer, records []Record) error {
	var all []byte
	for _, r := range records {
		one, err := json.Marshal(map[string]line{"audit": newLine(r)})
		if err != nil {
			return fmt.Errorf("encode an audit record: %w", err)
		}
		all = append(append(all, one...), '\n')
	}
	_, err := w.Write(all) // in one piece, so that nothing comes between
	return err
}

// WriteNDJSON writes one JSON object a line, with all that is needed to verify
// it, and answers how many.
func WriteNDJSON(w io.Writer, records iter.Seq2[Record, error]) (int, error) {
	out := json.NewEncoder(w)
	n := 0
	for r, err := range records {
		if err != nil {
			return n, err
		}
		if err := out.Encode(newLine(r)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// columns are those of the CSV form.
var columns = []string{
	"seq", "at", "action", "outcome", "user", "role", "organisation", "access_point", "patient", "object_kind", "object_id",
	"basis", "groups", "request_id", "was", "is", "view", "rows", "total", "patients", "reason", "sealed", "key", "hash",
}

// WriteCSV writes a table with a heading, and answers how many records it holds.
// No cell of it is a formula to a spreadsheet (R26).
func WriteCSV(w io.Writer, records iter.Seq2[Record, error]) (int, error) {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return 0, err
	}
	n := 0
	for r, err := range records {
		if err != nil {
			return n, err
		}
		cells, err := r.cells()
		if err != nil {
			return n, fmt.Errorf("record %d: %w", r.Seq, err)
		}
		if err := out.Write(cells); err != nil {
			return n, err
		}
		n++
	}
	out.Flush()
	return n, out.Error()
}

func (r Record) cells() ([]string, error) {
	b, err := decode(r.Body)
	if err != nil {
		return nil, err
	}
	e, err := b.event()
	if err != nil {
		return nil, err
	}
	d := e.Details
	cells := []string{
		strconv.FormatUint(r.Seq, 10), b.At, string(e.Action), string(e.Outcome), e.User, e.Role, e.Organisation, e.AccessPoint,
		e.Patient, e.Object.Kind, e.Object.ID, string(e.Basis.Rule), strings.Join(e.Basis.Groups, " "), e.RequestID,
		d.Was, d.Is, d.View, count(d.Rows), count(d.Total), strings.Join(d.Patients, " "), d.Reason,
		base64.StdEncoding.EncodeToString(b.Sealed), r.Key, r.Hash.String(),
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return cells, nil
}

// count is a number, or nothing where there is none to tell.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

var realNumber = regexp.MustCompile(`^-\d+(\.\d+)?$`)

// harmless keeps a spreadsheet from taking a cell for a formula. A negative
// number stays one.
func harmless(cell string) string {
	if realNumber.MatchString(cell) {
		return cell
	}
	// Some pass over blanks before a formula, and take wide signs as well.
	seen := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff")
	formula := strings.TrimLeft(seen, "=+-@＝＋－＠") != seen
	if !formula && !strings.HasPrefix(cell, "\t") && !strings.HasPrefix(cell, "\r") {
		return cell
	}
	return "'" + cell
}
