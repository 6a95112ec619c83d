package luscii

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"triageboard/internal/triage"
)

const (
	// maxBody bounds an answer, unpacked. A page of 200 alerts is about 120 kB.
	maxBody = 32 << 20
	// maxRedirects bounds how far a read follows redirects on its own host.
	maxRedirects = 3
)

// request is one call before it is sent.
type request struct {
	call    string // its name in errors and logs
	method  string
	path    []string // segments below /v1, not escaped
	query   url.Values
	key     triage.Key
	body    []byte // JSON; nil: none
	timeout time.Duration
	rank    rank // who goes first
	write   bool // changes something: sent once, and uncertain when no answer settles it
}

// answer is a response read to its end.
type answer struct {
	status    int
	mediaType string // lower case, without parameters; empty: none given
	body      []byte
}

// attempt sends the request once. Only a 2xx is an answer; everything else is
// an error, whose Temporary says whether the same request may succeed later.
func (c *Client) attempt(ctx context.Context, r request) (answer, *Error) {
	bounded, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var conn connection
	req, err := c.newRequest(conn.watch(bounded), r)
	if err != nil {
		return answer{}, &Error{Call: r.call, Kinds: []error{triage.ErrRejected}, Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, noAnswer(ctx, r, 0, err, conn.unused())
	}
	defer resp.Body.Close()
	got := answer{status: resp.StatusCode, mediaType: mediaType(resp.Header)}
	got.body, err = readBounded(resp.Body)
	ok := got.status/100 == 2
	switch {
	case err == nil && ok:
		return got, nil
	case errors.As(err, new(reason)) && ok:
		return answer{}, c.malformed(ctx, r, got, flaw{what: err.Error()})
	case err != nil && (ok || got.status == http.StatusForbidden):
		// Whether a 403 refuses the key or the right stands in its body.
		return answer{}, noAnswer(ctx, r, got.status, err, false)
	}
	return answer{}, refusal(r, got, resp.Header)
}

// newRequest builds the HTTP request. Ids are opaque text, so each segment is
// escaped on its own.
func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	target := *c.base
	target.Path, target.RawPath = target.Path+"/v1", target.RawPath+"/v1"
	for _, segment := range r.path {
		target.Path += "/" + segment
		target.RawPath += "/" + url.PathEscape(segment)
	}
	target.RawQuery = r.query.Encode()
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target.String(), body)
	if err != nil {
		return nil, reason("request can't be built")
	}
	req.Header.Set("Authorization", "Bearer "+r.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if r.method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// checkRedirect follows a read on its own host only, so that the key never
// leaves for another; a write never. What isn't followed is an answer with a 3xx.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || len(via) > maxRedirects ||
		next.URL.Scheme != first.URL.Scheme || origin(next.URL) != origin(first.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// origin is host and port, the scheme's default port spelled out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// readBounded reads a body to its end. A body too large or wrongly packed is a
// reason; any other error is the connection's.
func readBounded(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, new(flate.CorruptInputError)):
		return data, reason("gzip can't be unpacked")
	case err != nil:
		return data, err
	case len(data) > maxBody:
		return data, reason("too large")
	}
	return data, nil
}

func mediaType(h http.Header) string {
	raw := h.Get("Content-Type")
	if parsed, _, err := mime.ParseMediaType(raw); err == nil {
		return parsed
	}
	if raw != "" {
		return "unreadable"
	}
	return ""
}

// connection learns whether a request ever had a connection to leave by.
type connection struct {
	asked, got atomic.Bool
}

func (c *connection) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	})
}

// unused is true only where it is certain that not a byte was sent. A transport
// that doesn't report its connections leaves it open.
func (c *connection) unused() bool { return c.asked.Load() && !c.got.Load() }

// noAnswer is the error of a request that no whole answer came to. ctx is the
// caller's: if that was cancelled, it isn't Luscii that failed.
func noAnswer(ctx context.Context, r request, status int, cause error, unsent bool) *Error {
	var inURL *url.Error
	if errors.As(cause, &inURL) {
		cause = inURL.Err
	}
	e := &Error{Call: r.call, Status: status, Err: cause, Temporary: !isCertificate(cause)}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Err = context.Canceled
	} else {
		e.Kinds = append(e.Kinds, triage.ErrUnavailable)
	}
	if r.write && !unsent && !settled(status) {
		e.Kinds = append(e.Kinds, triage.ErrUncertain)
	}
	return e
}

// refusal is the error of an answer that isn't 2xx.
func refusal(r request, got answer, header http.Header) *Error {
	first, inactive := firstError(got.body)
	_, envelope := parseObject(got.body)
	e := &Error{
		envelope: envelope && got.mediaType != "text/html",
		Call:     r.call, Status: got.status,
		Code: first.code, Message: first.message, Attribute: first.attribute,
		Asked:     retryAfter(header, time.Now()),
		Temporary: temporary(got.status),
		Kinds:     []error{kindOf(got.status, inactive)},
	}
	switch {
	case got.status/100 == 3:
		e.Err = reason("redirect not followed")
	case got.status/100 == 4 && got.mediaType == "text/html":
		// Luscii speaks JSON: this is the word of something in between.
		e.Kinds = append(e.Kinds, triage.ErrMalformed)
	}
	if r.write && !settled(got.status) {
		e.Kinds = append(e.Kinds, triage.ErrUncertain)
	}
	return e
}
