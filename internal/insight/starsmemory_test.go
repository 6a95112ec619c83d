package insight

import (
	"context"
	"iter"
	"runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
)

// bigPage gives a rating whose texts are pieces of one page, as Luscii's client
// does.
type bigPage struct{ page weak.Pointer[byte] }

func (b *bigPage) Report(context.Context, export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		text := strings.Repeat("COPD 5 I, Jan Jansen, am never called back. ", 1_000)
		b.page = weak.Make(unsafe.StringData(text)) //nolint:gosec // no other pointer into a string can be had
		piece := func(from, to int) export.Value { return export.Value{Text: text[from:to], Set: true} }
		yield(export.Page{Rows: []export.Row{{Cells: []export.Value{piece(0, 4), {}, {}, piece(5, 6), piece(7, 44)}}}}, nil)
	}
}

// R25: neither patient nor remark stays in memory.
func TestOfARatingOnlyWhatIsCountedStays(t *testing.T) {
	exports := &bigPage{}
	kept, err := NewStarRatings(exports, nil, nil, nil).read(t.Context())
	require.NoError(t, err)
	runtime.GC()
	assert.Nil(t, exports.page.Value())
	assert.Equal(t, []rating{{group: "COPD", stars: 5}}, kept)
}
