package download

import (
	"context"
	"fmt"
	"io"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
)

// ready gives pages that are there already: what is measured is the keeping alone.
type ready struct {
	pages []export.Page
	n     int
}

func (r ready) Report(context.Context, export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		for i := range r.n {
			page := r.pages[i%len(r.pages)]
			if i < r.n-1 {
				page.Next = fmt.Sprint(i)
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// BenchmarkDownload keeps and writes pages of 50 rows as the measurements report has
// them; an operation is a row.
func BenchmarkDownload(b *testing.B) {
	var source ready
	for p := range 200 {
		var page export.Page
		for i := range 50 {
			row := export.Row{Cells: make([]export.Value, 18)}
			for c, text := range map[int]string{
				0: fmt.Sprintf("9ba6c627-25b7-45bc-936b-36b1a45d%04d", p*50+i), 1: "John", 3: "Doe", 4: "123456789", 5: "A Group", 6: "A Program",
				7: "A Protocol", 8: fmt.Sprintf("2024-05-02 14:%02d:%02d", p%60, i), 9: "Heart rate", 10: fmt.Sprint(60 + i),
			} {
				row.Cells[c] = export.Value{Text: text, Set: true}
			}
			page.Rows = append(page.Rows, row)
		}
		source.pages = append(source.pages, page)
	}
	task := Task{Type: export.Measurements, Range: export.Range{From: "2024-05-02", To: "2024-05-02"}}
	b.Run("keep", func(b *testing.B) {
		source.n = b.N/50 + 1
		j := open(b, b.TempDir(), task)
		require.NoError(b, j.Run(b.Context(), source))
	})
	for _, format := range export.Formats() {
		b.Run(string(format), func(b *testing.B) {
			source.n = b.N/50 + 1
			j := open(b, b.TempDir(), task)
			require.NoError(b, j.Run(b.Context(), source))
			b.ResetTimer()
			_, err := j.Encode(b.Context(), io.Discard, Output{Format: format})
			require.NoError(b, err)
		})
	}
}
