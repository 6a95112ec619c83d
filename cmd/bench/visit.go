package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/chromedp/kb"
)

const (
	loads       = 3 // of the list with many rows
	firstVisits = 5
	// The goals of bytes over the wire, headers included.
	firstVisitBytes = 40_000
	nextRowsBytes   = 12_000
)

// measureLoads opens the list of many alerts, and looks for what keeps the page
// from answering meanwhile.
func (b *bench) measureLoads(in context.Context, c *client) error {
	for _, slower := range []float64{1, slowed} {
		var tasks int
		var longest time.Duration
		for range loads {
			w, _, err := visit(in, c, slower)
			if err != nil {
				return err
			}
			tasks = max(tasks, len(w.LongTasks))
			for _, took := range w.LongTasks {
				longest = max(longest, ms(took))
			}
		}
		of := "the list of 1,000 opened"
		if slower > 1 {
			of += fmt.Sprintf(", %d times slower", int(slower))
		}
		n := b.report.add(of, "tasks over 50 ms, most of a load", count(tasks), one)
		if slower == 1 {
			n.atMost(0, 0)
		}
		b.report.add(of, "longest of them", duration(longest), millis)
	}
	bytes, err := nextRows(in, c)
	if err != nil {
		return err
	}
	b.report.add("the next rows", "bytes, compressed", value(bytes), bytesUnit).never(nextRowsBytes)
	return nil
}

// visit opens the list in a browser that has never seen it, with the page so many
// times slower, and answers what it noted and how much came over the wire.
func visit(in context.Context, c *client, slower float64) (w noted, bytes float64, err error) {
	t, err := openTab(in, c, noteSpeed)
	if err != nil {
		return noted{}, 0, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := errors.Join(t.throttle(slower), t.open("/")); err != nil {
		return noted{}, 0, err
	}
	bytes, _ = t.loaded("")
	w, err = t.noted()
	return w, bytes, err
}

// nextRows is how much comes over the wire for the rows after the first.
func nextRows(in context.Context, c *client) (bytes float64, err error) {
	t, err := openTab(in, c, noteSpeed)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.open("/"); err != nil {
		return 0, err
	}
	if err := t.pressEach("", "j", kb.End); err != nil { // the first key brings the script for the others
		return 0, err
	}
	bytes, n := t.loaded("after=")
	if n != 1 {
		return 0, fmt.Errorf("the next rows were asked for %d times", n)
	}
	return bytes, nil
}

// measureFirstVisit opens a list of a hundred alerts again and again in a browser
// that has never seen it.
func (b *bench) measureFirstVisit(ctx, in context.Context) error {
	return b.onBoard(ctx, hospital{patients: 300, open: 100, arrivals: "0"}, func(c *client) error {
		var first, largest samples
		var most float64
		for range firstVisits {
			w, bytes, err := visit(in, c, 1)
			if err != nil {
				return err
			}
			first.add(ms(w.FirstRow))
			largest.add(ms(w.LargestPaint))
			most = max(most, bytes)
		}
		r, of := &b.report, "a first visit, 100 open"
		r.add(of, "bytes of all answers, compressed", value(most), bytesUnit).never(firstVisitBytes)
		r.add(of, "to the first row, p50", first.percentile(50), millis)
		r.add(of, "to the largest paint, p50", largest.percentile(50), millis)
		return nil
	})
}
