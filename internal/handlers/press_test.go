package handlers

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func saying(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

func TestPagesAreCompressedForWhoTakesIt(t *testing.T) {
	s := &Server{presses: newPresses()}
	for accepts, want := range map[string]string{
		"":                       "",
		"gzip":                   "gzip",
		"GZIP":                   "gzip",
		"deflate, gzip;q=0.5":    "gzip",
		"gzip, deflate, br":      "br",
		"br;q=0.5, gzip ; q=1.0": "gzip",
		"gzip;q=0":               "",
		"gzip; q=0.000, deflate": "",
		"gzipped":                "",
		"gzip;q=much":            "",
	} {
		text := strings.Repeat("row of "+accepts+" ", 1_000)
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", accepts)
		for range 2 { // the second time with what the first one left
			w := httptest.NewRecorder()
			require.NoError(t, s.render(w, r, http.StatusTeapot, saying(text), saying("end")))
			assert.Equal(t, http.StatusTeapot, w.Code)
			assert.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
			assert.Equal(t, want, w.Header().Get("Content-Encoding"), accepts)
			body := io.Reader(w.Body)
			if want != "" {
				assert.Less(t, w.Body.Len(), len(text)/10)
			}
			switch want {
			case "gzip":
				var err error
				body, err = gzip.NewReader(w.Body)
				require.NoError(t, err)
			case "br":
				body = brotli.NewReader(w.Body)
			}
			got, err := io.ReadAll(body)
			require.NoError(t, err)
			assert.Equal(t, text+"end", string(got))
		}
	}
}

// Whatever becomes of a page, its press is free for the next one; and what is
// half made is never sent.
func TestAPressIsGivenBack(t *testing.T) {
	s := &Server{presses: newPresses()}
	page := func(w http.ResponseWriter, parts ...templ.Component) error {
		return s.render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, parts...)
	}
	broken := errors.New("broken")
	for range cap(s.presses) + 1 {
		w := httptest.NewRecorder()
		err := page(w, saying("half a page"), templ.ComponentFunc(func(context.Context, io.Writer) error { return broken }))
		require.ErrorIs(t, err, broken)
		assert.Empty(t, w.Body.String())
		assert.Panics(t, func() {
			_ = page(w, templ.ComponentFunc(func(context.Context, io.Writer) error { panic("out of luck") }))
		})
		require.NoError(t, page(w, saying("large "+strings.Repeat("x", keptBuffer))))
	}
	assert.Len(t, s.presses, cap(s.presses))
	for range cap(s.presses) {
		p := <-s.presses
		assert.LessOrEqual(t, p.page.Cap(), keptBuffer)
		s.presses <- p
	}

	stuck := stuckWriter{ResponseWriter: httptest.NewRecorder(), writing: make(chan struct{}), release: make(chan struct{})}
	var reading sync.WaitGroup
	for range cap(s.presses) {
		reading.Go(func() { assert.NoError(t, page(stuck, saying("slow"))) })
		<-stuck.writing
	}
	w := httptest.NewRecorder()
	require.NoError(t, page(w, saying("quick")))
	assert.Equal(t, "quick", w.Body.String(), "however many readers are slow")
	close(stuck.release)
	reading.Wait()
}

// stuckWriter is the connection of a reader that doesn't read.
type stuckWriter struct {
	http.ResponseWriter
	writing, release chan struct{}
}

func (stuckWriter) Header() http.Header { return http.Header{} }
func (stuckWriter) WriteHeader(int)     {}

func (s stuckWriter) Write(p []byte) (int, error) {
	s.writing <- struct{}{}
	<-s.release
	return len(p), nil
}
