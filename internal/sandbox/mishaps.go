package sandbox

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// wrap puts the faults between client and API. refuse answers an error in the
// envelope.
func (i *injector) wrap(api http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := i.decide(r)
		if d.delay > 0 || d.mishap != none {
			takeTime(w)
		}
		if d.delay > 0 {
			receive(r)
			if !pause(r.Context(), d.delay) {
				return
			}
		}
		r = d.disorder.of(r)
		switch d.mishap {
		case none:
			api.ServeHTTP(w, r)
		case down:
			refuse(w, r, errUnavailable())
		case refused:
			refuse(w, r, errUnauthenticated())
		case inactive:
			refuse(w, r, errInactive())
		case forbidden:
			refuse(w, r, errForbidden())
		case failed:
			if d.other {
				refuse(w, r, errUnavailable())
			} else {
				refuse(w, r, errInternal())
			}
		case limited:
			if after := d.faults.RetryAfter; after > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
			}
			refuse(w, r, errLimited())
		case html:
			sendHTML(w, d.other)
		case droppedBefore:
			drop()
		case servedLate:
			i.serveLate(r, api, d.faults)
		default:
			var answer recorder
			api.ServeHTTP(&answer, r)
			answer.spoil(w, r, d)
		}
	})
}

// takeTime lifts the server's own deadlines, which may be shorter than the
// faults.
func takeTime(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	// Where there are none there is nothing to lift.
	_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})
}

// receive takes in a request's body before it is needed: until then net/http
// doesn't notice that a client has gone. The connection of one that doesn't
// send it whole is closed.
func receive(r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		drop()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// pause waits, unless ctx ends before: then it is false.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// drop closes the connection. The caller doesn't go on.
func drop() { panic(http.ErrAbortHandler) }

// sendHTML answers what a proxy in front of the API might.
func sendHTML(w http.ResponseWriter, ok bool) {
	const page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n" +
		"<body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusBadGateway)
	}
	_, _ = io.WriteString(w, page)
}

// serveLate lets go of a request's connection, when the client does or the hold
// is over, and serves the request later, for nobody.
func (i *injector) serveLate(r *http.Request, api http.Handler, f Faults) {
	receive(r)
	later := r.Clone(context.WithoutCancel(r.Context()))
	ended := make(chan struct{})
	i.late.take(ended, f.LateBy, func() { api.ServeHTTP(&recorder{}, later) })
	if f.LateHold > 0 {
		pause(r.Context(), f.LateHold)
	}
	close(ended)
	drop()
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recorder) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *recorder) WriteHeader(status int)         { a.status = status }
func (a *recorder) Write(data []byte) (int, error) { return a.body.Write(data) }
func (a *recorder) half() []byte                   { return a.body.Bytes()[:a.body.Len()/2] }

// spoil sends of the answer, which is JSON, what the mishap leaves of it. That
// the client may have gone is no concern of the sandbox.
func (a *recorder) spoil(w http.ResponseWriter, r *http.Request, d fate) {
	if d.mishap == malformed {
		writeJSON(w, http.StatusOK, a.half())
		return
	}
	maps.Copy(w.Header(), a.header)
	switch d.mishap {
	case droppedAfter:
		drop()
	case truncated:
		if d.other {
			// The end of the connection is then the end of the body.
			w.Header().Del("Content-Length")
			w.Header().Set("Transfer-Encoding", "identity")
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.half())
	case endless:
		w.Header().Del("Content-Length")
		w.WriteHeader(a.status)
		a.sendEndlessly(r.Context(), w)
	case slow:
		w.WriteHeader(a.status)
		a.sendSlowly(r.Context(), w, d.faults.SlowRate)
	}
}

// sendEndlessly sends what a reader that waits for the end of the JSON reads
// forever.
func (a *recorder) sendEndlessly(ctx context.Context, w io.Writer) {
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	_, err := w.Write(a.body.Bytes()[:max(a.body.Len()-1, 0)])
	for err == nil && pause(ctx, 10*time.Millisecond) {
		_, err = w.Write(spaces)
	}
}

// sendSlowly sends so many bytes a second, byte by byte or, if they are many, a
// tenth of them at a time.
func (a *recorder) sendSlowly(ctx context.Context, w http.ResponseWriter, rate int) {
	size := max(rate/10, 1)
	wait := time.Duration(float64(size) / float64(rate) * float64(time.Second))
	for portion := range slices.Chunk(a.body.Bytes(), size) {
		if !pause(ctx, wait) {
			return
		}
		if _, err := w.Write(portion); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
	}
}
