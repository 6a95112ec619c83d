package handlers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"

	"triageboard/internal/triage"
	"triageboard/web/templates/components"
)

// rowsKept is how many rendered rows are kept, those of both languages: about a
// kilobyte each; ours.
const rowsKept = 24_000

// renderedRow is one row's markup. It is made once for every change of the alert
// and each language, and serves every viewer in page and event stream. What
// differs by viewer stands in the first tag, what differs by the second is the
// waiting time and whether it is over its limit: the two places where a writer may
// add something.
type renderedRow struct {
	html           []byte // "<div class=…", ends with "</div>"
	waits          bool   // the waiting time counts on from at
	at             time.Time
	limit          time.Duration
	waitFrom, wait int // where the waiting time stands in html
	cause          rowCause
}

// rowTag is what every row begins with; attributes may be added behind it.
const rowTag = "<div"

// rowCause is all that a row's markup is made from. While it is the same, so is
// the row.
type rowCause struct {
	alert   triage.Alert
	missing bool
	seen    time.Time // when a missing alert was confirmed last
	under   triage.Delivery
	names   uint64 // the directory's version
	similar bool   // the patient looks like another by name
	today   triage.Day
}

type rowKey struct {
	language string
	id       triage.AlertID
}

// rowCache holds rendered rows.
type rowCache struct {
	rows *lru.Cache[rowKey, *renderedRow]
}

func newRowCache() rowCache {
	rows, err := lru.New[rowKey, *renderedRow](rowsKept)
	if err != nil { // only a size below one is refused
		panic(fmt.Sprintf("make the row cache: %v", err))
	}
	return rowCache{rows}
}

// rendered is the entry's row, made anew only if something it shows has changed.
func (v scribe) rendered(e triage.Entry) (*renderedRow, error) {
	cause := rowCause{alert: e.Alert, under: e.Delivery, names: v.s.Names.Version(), similar: v.s.alike.like(e.Patient) > 0, today: triage.DayOf(v.now, v.s.Zone)}
	if e.Missing {
		cause.missing, cause.seen = true, e.ConfirmedAt
	}
	key := rowKey{v.l.Lang, e.ID}
	if row, ok := v.s.rows.rows.Get(key); ok && row.cause == cause {
		return row, nil
	}
	row, err := renderRow(v, e)
	if err != nil {
		return nil, err
	}
	row.cause = cause
	v.s.rows.rows.Add(key, row)
	return row, nil
}

func renderRow(v scribe, e triage.Entry) (*renderedRow, error) {
	model := v.row(e)
	model.Over = "" // the writer's
	var html bytes.Buffer
	if err := components.RowItem(v.l, model).Render(context.Background(), &html); err != nil {
		return nil, fmt.Errorf("render a row: %w", err)
	}
	row := &renderedRow{html: html.Bytes(), waits: model.Waits, at: model.At, limit: model.Limit}
	// The row's one <time> element, whose text was escaped: this can't be within.
	row.wait = bytes.Index(row.html, []byte("</time>"))
	row.waitFrom = bytes.LastIndexByte(row.html[:row.wait], '>') + 1
	return row, nil
}

// write puts the row out, with attributes (each with a blank before it) and the
// waiting time of this moment.
func (row *renderedRow) write(w io.Writer, v scribe, attributes string) error {
	if _, err := w.Write(row.html[:len(rowTag)]); err != nil {
		return err
	}
	if _, err := io.WriteString(w, attributes); err != nil {
		return err
	}
	rest := row.html[len(rowTag):]
	if row.waits {
		if _, err := w.Write(row.html[len(rowTag):row.waitFrom]); err != nil {
			return err
		}
		if _, err := io.WriteString(w, templ.EscapeString(v.waiting(row.at))); err != nil {
			return err
		}
		if over := v.over(row.at, row.limit); over != "" {
			if _, err := io.WriteString(w, " <b>"+templ.EscapeString(over)+"</b>"); err != nil {
				return err
			}
		}
		rest = row.html[row.wait:]
	}
	_, err := w.Write(rest)
	return err
}

// component is the row as part of a page.
func (row *renderedRow) component(v scribe, attributes string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return row.write(w, v, attributes) })
}
