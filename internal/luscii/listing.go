package luscii

import (
	"context"
	"fmt"
	"hash/maphash"
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
type fetcher func(cursor string) (*envelope, error)

// list follows a listing to its end. An error ends it, and whatever keeps it
// from being complete is one: a listing without an error is complete.
//
// Pages may shift while they are read: rows can come twice, in any order.
func list[T any](ctx context.Context, c *Client, call string, fetch fetcher, decode decoder[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var found findings
		defer func() { c.report(ctx, call, &found) }()
		for page, err := range follow(call, "", maxPages, fetch) {
			if page == nil {
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
			if err != nil {
				yield(zero, err)
				return
			}
		}
		if e := found.partial(call); e != nil {
			yield(zero, e)
		}
	}
}

// onward is a page that says where the next one is.
type onward interface {
	// onward is the cursor of the page behind this one, empty for the last; lost
	// says that there is one, but it can't be read.
	onward() (next string, lost bool)
}

// follow reads page after page from a cursor on, at most so many. A page can
// come with an error: it is to be taken, and there is no way on from it. An
// error without a page is that page's own. Either is the last thing that comes.
//
// What it keeps of each page is eight bytes, however long the listing.
func follow[P onward](call, from string, most int, fetch func(cursor string) (P, error)) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		var none P
		hash := maphash.MakeSeed()
		seen := map[uint64]bool{maphash.String(hash, ""): true, maphash.String(hash, from): true}
		for pages, cursor := 1, from; ; pages++ {
			page, err := fetch(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			next, lost := page.onward()
			id := maphash.String(hash, next)
			var why string
			switch {
			case lost:
				why = "next cursor can't be read"
			case next == "":
				yield(page, nil)
				return
			case seen[id]:
				why = "next cursor repeated"
			case pages == most:
				why = "no end of pages"
			}
			if why != "" {
				yield(page, cutShort(call, why))
				return
			}
			if !yield(page, nil) {
				return
			}
			cursor, seen[id] = next, true
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
	return func(cursor string) (*envelope, error) {
		q := url.Values{"perPage": {perPage}}
		for name, values := range query {
			q[name] = values
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		return c.fetch(ctx, request{
			call: call, method: http.MethodGet, path: path, query: q, key: c.key, rank: rankOf(ctx),
		})
	}
}

// fetch reads one page and takes off its envelope.
func (c *Client) fetch(ctx context.Context, r request) (*envelope, error) {
	got, err := c.read(ctx, r)
	if err != nil {
		return nil, err
	}
	env, err := c.open(ctx, r, got)
	if err != nil {
		return nil, err
	}
	return &env, nil
}

// rejected is a listing that is refused before anything is sent.
func rejected[T any](e *Error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, e)
	}
}
