package export

import (
	"fmt"
	"io"
	"testing"
)

// BenchmarkEncode writes rows as the measurements report has them.
func BenchmarkEncode(b *testing.B) {
	r, _ := Lookup(string(Measurements))
	rows := make([]Row, 1_000)
	for i := range rows {
		rows[i] = cellsOf(fmt.Sprintf("9ba6c627-25b7-45bc-936b-36b1a45da%03d", i), "John", "-", "Doe", "123456789", "A Group", "A Program", "A Protocol",
			fmt.Sprintf("2024-05-02 14:%02d:%02d", i/60, i%60), "Heart rate", fmt.Sprint(i), "-", "-", "-", "-", "-", "-", "-")
	}
	s := schemaOf(b, r, Choice{}, rows...)
	b.Run("fit", func(b *testing.B) {
		f := NewFit(r)
		for i := range b.N {
			if err := f.Add(rows[i%len(rows)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			e, err := NewEncoder(io.Discard, f, s)
			if err != nil {
				b.Fatal(err)
			}
			for i := range b.N {
				if err := e.Write(rows[i%len(rows)]); err != nil {
					b.Fatal(err)
				}
			}
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
