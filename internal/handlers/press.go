package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/andybalholm/brotli/matchfinder"
)

const (
	// gzipLevel is gzip's level for pages. At 5, Go's usual one, a page of 200 rows
	// is 5 % smaller and takes 60 % longer, which is most of what a page costs.
	gzipLevel = 3
	// brotliLevel is brotli's: a page is a tenth smaller than with gzip, in half the
	// time. Browsers take it over https, and from their own machine.
	brotliLevel = 4
	// keptBuffer is the largest buffer that is kept for another page, in bytes: one
	// of 200 rows fits in.
	keptBuffer = 1 << 20
)

// press renders and compresses pages, one after the other: it takes more than a
// megabyte for a few milliseconds of nothing but computing. There are as many as
// there are processors, however many pages are asked for at once. What a press has
// made is sent without it, so that no slow reader holds one.
type press struct {
	page   bytes.Buffer
	gzip   *gzip.Writer        // nil: not needed yet
	brotli *matchfinder.Writer // likewise
}

// codings are those pages are compressed with, the best last.
var codings = []string{"gzip", "br"}

func newPresses() chan *press {
	presses := make(chan *press, runtime.GOMAXPROCS(0))
	for range cap(presses) {
		presses <- &press{}
	}
	return presses
}

// pressed is a page as it is sent, compressed with one of codings, or "" for not
// at all. Pages are rendered as a whole first: an error in the middle must not
// become half a page with status 200.
func (s *Server) pressed(ctx context.Context, coding string, parts []templ.Component) ([]byte, error) {
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
	if coding == "" {
		return bytes.Clone(p.page.Bytes()), nil
	}
	return p.compressed(coding)
}

// compressed is the page, compressed.
func (p *press) compressed(coding string) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(p.page.Len() / 12) // rows are much alike
	w, err := p.writer(coding, &out)
	if err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	if _, err := w.Write(p.page.Bytes()); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	return out.Bytes(), nil
}

// writer compresses into out.
func (p *press) writer(coding string, out io.Writer) (io.WriteCloser, error) {
	if coding == "br" {
		if p.brotli == nil {
			p.brotli = brotli.NewWriterV2(out, brotliLevel)
		} else {
			p.brotli.Reset(out)
		}
		return p.brotli, nil
	}
	if p.gzip == nil {
		w, err := gzip.NewWriterLevel(out, gzipLevel)
		p.gzip = w
		return w, err
	}
	p.gzip.Reset(out)
	return p.gzip, nil
}
