package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
)

// visitor uses the board over plain HTTP, as a browser without JavaScript
// would, but follows no redirect by itself.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

// freshConnections leaves none open that a stopping program would wait for.
var freshConnections = &http.Transport{DisableKeepAlives: true}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t: t, base: base, http: &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: freshConnections,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a page as it came.
type answer struct {
	status int
	header http.Header
	body   string
	*goquery.Document
}

func (v *visitor) get(path string) answer { return v.do(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) answer { return v.do(http.MethodPost, path, form) }

func (v *visitor) do(method, path string, form url.Values) answer {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	req.Header.Set("Accept-Language", "en")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(req)
	require.NoError(v.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, resp.Body.Close())
	page, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	require.NoError(v.t, err)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(body), Document: page}
}

// until asks again until the page is as wanted.
func (v *visitor) until(path string, wanted func(answer) bool) answer {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), waitWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		a := v.get(path)
		if wanted(a) {
			return a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			require.Fail(v.t, "the page never became as wanted", "%s: %d %s", path, a.status, strings.TrimSpace(a.Find("#status").Text()))
		}
	}
}

// awaitComplete waits until the board on the embedded sandbox has read every day
// of its window.
func (b *runningBoard) awaitComplete(t *testing.T) {
	t.Helper()
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.until("/", complete)
}
