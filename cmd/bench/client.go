package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// answersWithin bounds one answer; ours.
const answersWithin = 20 * time.Second

// client is a browser, as far as loading goes: it has cookies and a connection
// of its own, and takes compressed pages.
type client struct {
	base     string
	language string
	http     *http.Client
}

func newClient(base, language string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &client{base: base, language: language, http: &http.Client{
		Jar: jar,
		// What comes is read as it is: unpacking it would be the browser's work.
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2, ResponseHeaderTimeout: answersWithin},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// signedIn is a client that has signed in by this form.
func signedIn(ctx context.Context, base, language string, form url.Values) (*client, error) {
	c, err := newClient(base, language)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if err := resp.Body.Close(); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("sign in: the board answers %s", resp.Status)
	}
	return c, nil
}

// signedInAll is so many clients, one after the other. Every other one reads
// Dutch.
func signedInAll(ctx context.Context, n int, base string, form url.Values) ([]*client, error) {
	var clients []*client
	for i := range n {
		c, err := signedIn(ctx, base, []string{"en", "nl"}[i%2], form)
		if err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// load gets a page whole, into buf, as it comes over the wire.
func (c *client) load(ctx context.Context, path string, buf *bytes.Buffer) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	req, err := c.request(ctx, path)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	buf.Reset()
	_, err = buf.ReadFrom(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("load %s: the answer is %s", path, resp.Status)
	}
	return resp.Header, nil
}

func (c *client) request(ctx context.Context, path string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	req.Header.Set("Accept-Language", c.language)
	return req, nil
}

// page is the board as text.
func (c *client) page(ctx context.Context) (string, error) {
	var buf bytes.Buffer
	header, err := c.load(ctx, "/", &buf)
	if err != nil {
		return "", err
	}
	return unpacked(header, &buf)
}

func unpacked(header http.Header, body io.Reader) (string, error) {
	if header.Get("Content-Encoding") == "gzip" {
		unzip, err := gzip.NewReader(body)
		if err != nil {
			return "", fmt.Errorf("unpack a page: %w", err)
		}
		body = unzip
	}
	text, err := io.ReadAll(io.LimitReader(body, 64<<20))
	if err != nil {
		return "", fmt.Errorf("unpack a page: %w", err)
	}
	return string(text), nil
}

var (
	stillReading = regexp.MustCompile(`class="[^"]*\bnot-known\b`)
	isLive       = regexp.MustCompile(`data-freshness="live"`)
	rowStarts    = regexp.MustCompile(`<div\b[^>]*\bdata-alert-id="`)
	streamAt     = regexp.MustCompile(`"([^"]*/events\?[^"]*)"`)
)

// streamOf is the address of a page's event stream.
func streamOf(page string) (string, error) {
	found := streamAt.FindStringSubmatch(page)
	if found == nil {
		return "", errors.New("the page names no event stream")
	}
	return html.UnescapeString(found[1]), nil
}

// awaitComplete waits until the board has read the whole of its window.
func (c *client) awaitComplete(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		page, err := c.page(ctx)
		if err != nil {
			return err
		}
		if isLive.MatchString(page) && !stillReading.MatchString(page) {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the board hasn't read its window within %s: %w", within, ctx.Err())
		}
	}
}
