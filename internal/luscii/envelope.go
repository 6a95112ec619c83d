package luscii

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"triageboard/internal/triage"
)

// envelope is what every answer is wrapped in: data, and beside it optional
// meta and errors.
type envelope struct {
	hasData bool
	items   []json.RawMessage // data's elements; a single object is one
	errs    []apiError
	next    string // the cursor of the next page; empty: this was the last
	lostWay bool   // there is a next cursor, but it can't be read
}

func (e *envelope) onward() (next string, lost bool) { return e.next, e.lostWay }

// apiError is one element of errors.
type apiError struct {
	code, message, attribute string
}

// flaw says why a body can't be taken, and at which byte where that is known.
type flaw struct {
	what   string
	offset int64
}

// notJSON is the flaw of an answer that doesn't even claim to be JSON.
var notJSON = flaw{what: "not of a JSON content type"}

// saysJSON reports whether an answer claims to be JSON, or claims nothing.
func (a answer) saysJSON() bool {
	return a.mediaType == "" || a.mediaType == "application/json" || strings.HasSuffix(a.mediaType, "+json")
}

// parseEnvelope reads a body strictly: the comments and trailing commas of the
// pages' samples are artefacts of documentation. It reports a flaw where the
// body isn't JSON, isn't an object, or holds neither data nor errors: `{}` is
// not an empty list.
func parseEnvelope(body []byte) (envelope, *flaw) {
	var doc object
	if err := json.Unmarshal(body, &doc); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return envelope{}, &flaw{what: "not JSON", offset: syntax.Offset}
		}
		return envelope{}, &flaw{what: "not a JSON object"}
	}
	var env envelope
	switch data := doc["data"]; shapeOf(data) {
	case shapeNothing:
	case shapeArray:
		env.hasData = true
		if err := json.Unmarshal(data, &env.items); err != nil {
			return envelope{}, &flaw{what: "data can't be read"}
		}
	case shapeObject:
		env.hasData, env.items = true, []json.RawMessage{data}
	default:
		return envelope{}, &flaw{what: "data is neither an array nor an object"}
	}
	env.errs = parseErrors(doc["errors"])
	if !env.hasData && len(env.errs) == 0 {
		return envelope{}, &flaw{what: "no data"}
	}
	env.next, env.lostWay = nextCursor(doc["meta"])
	return env, nil
}

// nextCursor reads the only thing of meta that is followed. Page URLs are not:
// they may be absolute, and the key goes nowhere a body says.
func nextCursor(meta json.RawMessage) (next string, lostWay bool) {
	switch shapeOf(meta) {
	case shapeNothing:
		return "", false
	case shapeObject:
		o, _ := parseObject(meta)
		switch raw := o["nextCursor"]; shapeOf(raw) {
		case shapeNothing:
			return "", false
		case shapeString, shapeNumber:
			next = textOf(raw)
			if strings.TrimSpace(next) == "" {
				return "", false
			}
			return next, false
		}
	case shapeArray:
		// An empty meta object is often encoded as an empty array.
		return "", !emptyArray(meta)
	}
	return "", true
}

// parseErrors reads the errors beside the data. Whatever stands there in
// another shape than the pages promise still counts as an error.
func parseErrors(raw json.RawMessage) []apiError {
	switch shapeOf(raw) {
	case shapeNothing:
		return nil
	case shapeArray:
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			return []apiError{{}}
		}
		errs := make([]apiError, len(elements))
		for i, element := range elements {
			errs[i] = parseError(element)
		}
		return errs
	case shapeObject:
		if o, ok := parseObject(raw); ok && len(o) == 0 {
			return nil
		}
	}
	return []apiError{parseError(raw)}
}

func parseError(raw json.RawMessage) apiError {
	o, _ := parseObject(raw)
	return apiError{code: textOf(o["code"]), message: textOf(o["message"]), attribute: textOf(o["attribute"])}
}

// firstError is the first error of a refusal's body, if the envelope came with
// it, and whether any of them says that the key's owner is inactive.
func firstError(body []byte) (first apiError, inactive bool) {
	doc, _ := parseObject(body)
	errs := parseErrors(doc["errors"])
	for _, e := range errs {
		if strings.EqualFold(e.code, codeAccountInactive) {
			return e, true
		}
	}
	if len(errs) > 0 {
		first = errs[0]
	}
	return first, false
}

// open takes the envelope off a 2xx answer. What can't be opened is malformed.
func (c *Client) open(ctx context.Context, r request, got answer) (envelope, error) {
	if !got.saysJSON() {
		return envelope{}, c.malformed(ctx, r, got, notJSON)
	}
	env, bad := parseEnvelope(got.body)
	if bad != nil {
		return envelope{}, c.malformed(ctx, r, got, *bad)
	}
	return env, nil
}

// malformed logs what is needed to recognise a bad answer, never its content,
// and makes the error of it.
func (c *Client) malformed(ctx context.Context, r request, got answer, bad flaw) *Error {
	sum := sha256.Sum256(got.body)
	c.log.LogAttrs(ctx, slog.LevelWarn, "malformed answer from Luscii",
		slog.String("call", r.call),
		slog.String("why", bad.what),
		slog.Int("status", got.status),
		slog.String("content_type", got.mediaType),
		slog.Int("length", len(got.body)),
		slog.String("sha256", hex.EncodeToString(sum[:8])),
		slog.Int64("offset", bad.offset),
	)
	e := &Error{Call: r.call, Status: got.status, Kinds: []error{triage.ErrMalformed}, Err: reason(bad.what)}
	if r.write {
		e.Kinds = append(e.Kinds, triage.ErrUncertain)
	}
	return e
}

func emptyArray(raw json.RawMessage) bool {
	inner, ok := bytes.CutPrefix(bytes.TrimSpace(raw), []byte("["))
	return ok && bytes.HasPrefix(bytes.TrimSpace(inner), []byte("]"))
}
