package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"triageboard/internal/program"
)

// answersWithin bounds one answer; ours.
const answersWithin = 30 * time.Second

// visitor is a clinician's browser, without scripts. It follows no redirect by
// itself.
type visitor struct {
	program.Persona
	base string
	http *http.Client
}

// page is an answer with its text.
type page struct {
	*goquery.Document
	status   int
	location string // where a redirect leads to
}

func newVisitor(base string, p program.Persona) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a browser: %w", err)
	}
	return &visitor{Persona: p, base: base, http: &http.Client{
		Jar: jar, Timeout: answersWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// signIn begins a session with the persona's own key.
func (v *visitor) signIn(ctx context.Context) error {
	p, err := v.post(ctx, "/signin", v.SignIn(), false)
	if err != nil {
		return err
	}
	if p.status != http.StatusSeeOther {
		return fmt.Errorf("sign in as %s: the board answers %d: %s", v.Name, p.status, words(p.Find("main")))
	}
	return nil
}

// load gets a page that must be there.
func (v *visitor) load(ctx context.Context, path string) (page, error) {
	p, err := v.do(ctx, http.MethodGet, path, nil, false)
	if err == nil && p.status != http.StatusOK {
		err = fmt.Errorf("load %s: %w", kindOf(path), &statusError{p.status, p.location})
	}
	return p, err
}

// kindOf is a path without what differs from one page of its kind to the next.
func kindOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if rest, ok := strings.CutPrefix(path, "/alerts/"); ok && rest != "" {
		return "/alerts/{id}"
	}
	return path
}

// post sends a form, as htmx does or as a browser.
func (v *visitor) post(ctx context.Context, path string, form url.Values, htmx bool) (page, error) {
	return v.do(ctx, http.MethodPost, path, form, htmx)
}

func (v *visitor) do(ctx context.Context, method, path string, form url.Values, htmx bool) (page, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, fmt.Errorf("ask the board: %w", err)
	}
	req.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if htmx {
		req.Header.Set("HX-Request", "true")
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return page{}, fmt.Errorf("ask the board: %w", err)
	}
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return page{}, fmt.Errorf("read the board's answer: %w", err)
	}
	return page{Document: doc, status: resp.StatusCode, location: v.local(resp.Header.Get("Location"))}, nil
}

// local is a link's path and query on the board.
func (v *visitor) local(link string) string { return strings.TrimPrefix(link, v.base) }

// each loads a list page by page, by the links to the next one.
func (v *visitor) each(ctx context.Context, path string, see func(page)) error {
	for path != "" {
		p, err := v.load(ctx, path)
		if err != nil {
			return err
		}
		see(p)
		next := v.local(p.Find(`a[rel="next"]`).First().AttrOr("href", ""))
		if next == path {
			return fmt.Errorf("the page after %s is itself", path)
		}
		path = next
	}
	return nil
}

// statusError is an answer that isn't the page that was asked for.
type statusError struct {
	status   int
	location string
}

func (e *statusError) Error() string {
	if e.location != "" {
		return fmt.Sprintf("the answer is %d to %s", e.status, e.location)
	}
	return fmt.Sprintf("the answer is %d", e.status)
}

// words is an element's text on one line.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
