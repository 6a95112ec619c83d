package luscii

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"

	"triageboard/internal/triage"
)

const (
	// perPage is the most the pages allow; the fewest requests.
	perPage = "200"
	// maxPages ends a listing that never would: two million rows.
	maxPages = 10_000
)

// decoder makes a value of one element; false: nothing can be made of it, and
// the findings say why.
type decoder[T any] func(fields) (T, bool)

// fetcher gets the page at a cursor; the empty one is the first.
type fetcher func(cursor string) (envelope, error)

// list follows a listing to its end. An error ends it, and whatever keeps it
// from being complete is one: a listing without an error is complete.
//
// Pages may shift while they are read: rows can come twice, in any order.
func list[T any](ctx context.Context, c *Client, call string, fetch fetcher, decode decoder[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var found findings
		defer func() { c.report(ctx, call, &found) }()
		seen := map[string]bool{"": true}
		for cursor := ""; ; {
			page, err := fetch(cursor)
			if err != nil {
				yield(zero, err)
				return
			}
			found.errs = append(found.errs, page.errs...)
			for _, raw := range page.items {
				o, ok := parseObject(raw)
				if !ok {
					found.gap("element that is no object")
					continue
				}
				if item, ok := decode(fields{object: o, zone: c.zone, found: &found}); ok && !yield(item, nil) {
					return
				}
			}
			switch {
			case page.lostWay:
				yield(zero, cutShort(call, "next cursor can't be read"))
				return
			case page.next == "":
				if e := found.partial(call); e != nil {
					yield(zero, e)
				}
				return
			case seen[page.next]:
				yield(zero, cutShort(call, "next cursor repeated"))
				return
			case len(seen) == maxPages:
				yield(zero, cutShort(call, "no end of pages"))
				return
			}
			cursor = page.next
			seen[cursor] = true
		}
	}
}

// cutShort is the error of a listing whose cursors don't lead to its end.
func cutShort(call, why string) *Error {
	return &Error{
		Call: call, Status: http.StatusOK, Err: reason(why),
		Kinds: []error{triage.ErrMalformed, triage.ErrPartial},
	}
}

// report logs what was odd about a listing: which fields and how often, never
// what stood in them.
func (c *Client) report(ctx context.Context, call string, found *findings) {
	if len(found.gaps)+len(found.oddness)+len(found.errs) == 0 {
		return
	}
	c.log.LogAttrs(ctx, slog.LevelWarn, "odd answer from Luscii",
		slog.String("call", call),
		slog.String("gaps", fmt.Sprint(found.gaps)),
		slog.String("odd", fmt.Sprint(found.oddness)),
		slog.Int("errors", len(found.errs)),
	)
}

// pages fetches the pages of a GET listing with the service key.
func (c *Client) pages(ctx context.Context, call string, query url.Values, path ...string) fetcher {
	return func(cursor string) (envelope, error) {
		q := url.Values{"perPage": {perPage}}
		for name, values := range query {
			q[name] = values
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		return c.fetch(ctx, request{
			call: call, method: http.MethodGet, path: path, query: q, key: c.key, urgent: triage.IsUrgent(ctx),
		})
	}
}

// export fetches the pages of an export that takes no dates. Its page says POST
// while its example says GET: the method that worked last goes first, and 404
// or 405 mean that the other is tried once.
func (c *Client) export(ctx context.Context, call, report string) fetcher {
	return func(cursor string) (envelope, error) {
		r := request{call: call, path: []string{"export", report}, key: c.key}
		if cursor != "" {
			r.query = url.Values{"cursor": {cursor}}
		}
		byGET := c.exportByGET.Load()
		r.method = exportMethod(byGET)
		page, err := c.fetch(ctx, r)
		if !methodRefused(err) {
			return page, err
		}
		r.method = exportMethod(!byGET)
		other, otherErr := c.fetch(ctx, r)
		if methodRefused(otherErr) {
			return page, err
		}
		if otherErr == nil {
			c.exportByGET.Store(!byGET)
		}
		return other, otherErr
	}
}

func exportMethod(byGET bool) string {
	if byGET {
		return http.MethodGet
	}
	return http.MethodPost
}

func methodRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotFound)
}

// fetch reads one page and takes off its envelope.
func (c *Client) fetch(ctx context.Context, r request) (envelope, error) {
	got, err := c.read(ctx, r)
	if err != nil {
		return envelope{}, err
	}
	return c.open(ctx, r, got)
}

// rejected is a listing that is refused before anything is sent.
func rejected[T any](call string, kind, why error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, &Error{Call: call, Kinds: []error{kind}, Err: why})
	}
}
