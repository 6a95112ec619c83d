package download

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/export"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// marked is the name in every row: it must not be found on the disk.
const marked = "Roodkapje-van-der-Wolf"

// fakeSource gives days of pages of rows. A cursor is the number of its page.
type fakeSource struct {
	pages int // of each day
	rows  int // of each page
	// before is asked before each page; its error ends the pages.
	before func(ctx context.Context, day string, page int) error
	// change may change a page.
	change func(day string, page int, p *export.Page)
	mu     sync.Mutex
	asked  []export.Request
}

func (s *fakeSource) Report(ctx context.Context, asked export.Request) iter.Seq2[export.Page, error] {
	s.mu.Lock()
	s.asked = append(s.asked, asked)
	s.mu.Unlock()
	return func(yield func(export.Page, error) bool) {
		n := 1
		if asked.Cursor != "" {
			n, _ = strconv.Atoi(asked.Cursor)
		}
		for ; n <= s.pages; n++ {
			if s.before != nil {
				if err := s.before(ctx, asked.Range.From, n); err != nil {
					yield(export.Page{}, err)
					return
				}
			}
			p := export.Page{}
			for i := range s.rows {
				p.Rows = append(p.Rows, rowOf(asked.Range.From, n, i))
			}
			if n < s.pages {
				p.Next = strconv.Itoa(n + 1)
			}
			if s.change != nil {
				s.change(asked.Range.From, n, &p)
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

var patients, _ = export.Lookup(string(export.Patients))

// rowOf is a row of patients whose UUID says where it came.
func rowOf(day string, page, i int) export.Row {
	row := export.Row{Cells: make([]export.Value, len(patients.Columns))}
	row.Cells[0] = export.Value{Text: fmt.Sprintf("%s/%d/%d", day, page, i), Set: true}
	row.Cells[1] = export.Value{Text: marked, Set: true}
	row.Cells[patients.Index("BSN")] = export.Value{Text: "123456782", Set: true}
	row.Unknown = []export.Field{{Name: "New", Value: export.Value{Text: strconv.Itoa(i), Set: true}}}
	return row
}

var errDown = errors.New("Luscii unavailable")

// sealer is AES-GCM under a fixed key.
type sealer struct{ cipher.AEAD }

func newSealer(t testing.TB, key byte) sealer {
	block, err := aes.NewCipher(bytes.Repeat([]byte{key}, 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(t, err)
	return sealer{aead}
}

func (s sealer) Seal(plain []byte, purpose string) []byte {
	return s.AEAD.Seal(nil, nil, plain, []byte(purpose))
}

func (s sealer) Open(sealed []byte, purpose string) ([]byte, error) {
	return s.AEAD.Open(nil, nil, sealed, []byte(purpose))
}

// fourDays is a dated task. The fake gives every report the columns of patients.
var (
	fourDays = Task{Type: export.Alerts, Range: export.Range{From: "2026-02-27", To: "2026-03-02"}}
	everyone = Task{Type: export.Patients}
	theDays  = []string{"2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"}
)

func open(t testing.TB, folder string, task Task) *Job {
	j, err := Open(folder, task, newSealer(t, 1))
	require.NoError(t, err)
	return j
}

// ids are the rows of a job, by where they came from.
func ids(t testing.TB, j *Job, o Output) []string {
	var file bytes.Buffer
	o.Format = export.CSV
	n, err := j.Encode(t.Context(), &file, o)
	require.NoError(t, err)
	records, err := csv.NewReader(&file).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, n+1)
	column := slices.Index(records[0], "Patient_UUID")
	var all []string
	for _, r := range records[1:] {
		all = append(all, r[column])
	}
	return all
}

// allOf are the rows of days of a source, as they come.
func allOf(s *fakeSource, days ...string) []string {
	var all []string
	for _, day := range days {
		for page := 1; page <= s.pages; page++ {
			for i := range s.rows {
				all = append(all, fmt.Sprintf("%s/%d/%d", day, page, i))
			}
		}
	}
	return all
}
