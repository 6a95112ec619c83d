package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

const (
	// compression is gzip's level for pages. At 5, Go's usual one, a page of 200 rows
	// is 5 % smaller and takes 60 % longer, which is most of what a page costs.
	compression = 3
	// keptBuffer is the largest buffer that is kept for another page, in bytes: one
	// of 200 rows fits in.
	keptBuffer = 1 << 20
)

// press renders and compresses pages, one after the other: it takes more than a
// megabyte for a few milliseconds of nothing but computing. There are as many as
// there are processors, however many pages are asked for at once. What a press has
// made is sent without it, so that no slow reader holds one.
type press struct {
	page bytes.Buffer
	gzip *gzip.Writer // nil: not needed yet
}

func newPresses() chan *press {
	presses := make(chan *press, runtime.GOMAXPROCS(0))
	for range cap(presses) {
		presses <- &press{}
	}
	return presses
}

// pressed is a page as it is sent, compressed or not. They are rendered as a
// whole first: an error in the middle must not become half a page with status 200.
func (s *Server) pressed(ctx context.Context, compressed bool, parts []templ.Component) ([]byte, error) {
	p := <-s.presses
	defer func() { s.presses <- p }()
	p.page.Reset()
	for _, part := range parts {
		if err := part.Render(ctx, &p.page); err != nil {
			return nil, fmt.Errorf("render a page: %w", err)
		}
	}
	if p.page.Cap() > keptBuffer {
		defer func() { p.page = bytes.Buffer{} }()
	}
	if !compressed {
		return bytes.Clone(p.page.Bytes()), nil
	}
	return p.compressed()
}

// compressed is the page, compressed.
func (p *press) compressed() ([]byte, error) {
	var out bytes.Buffer
	out.Grow(p.page.Len() / 12) // rows are much alike
	if p.gzip == nil {
		w, err := gzip.NewWriterLevel(&out, compression)
		if err != nil {
			return nil, fmt.Errorf("compress a page: %w", err)
		}
		p.gzip = w
	} else {
		p.gzip.Reset(&out)
	}
	if _, err := p.gzip.Write(p.page.Bytes()); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	if err := p.gzip.Close(); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	return out.Bytes(), nil
}

// takesGzip reports whether the one who asks can read what is compressed (RFC
// 9110, 12.5.3).
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, weighed := strings.Cut(strings.ToLower(coding), ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return !weighed || err != nil || q > 0
	}
	return false
}
