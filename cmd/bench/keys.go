package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"

	"triageboard/internal/browser"
	"triageboard/internal/program"
)

const (
	keyRows   = 1_000 // open alerts in the list
	keyVisits = 4     // to the list as it comes, and as many to one that was read to its end
	// keyProcessed is how many of them a visit processes for each throttle.
	keyProcessed = 20
	slowed       = 4 // times: a slow ward computer on a fast machine
)

// measureKeys presses keys in a real browser, and looks when it paints next; and
// what a first visit loads.
func measureKeys(ctx context.Context, b *bench) (err error) {
	path, err := browser.Find()
	if err != nil {
		return fmt.Errorf("keys are pressed in a real browser: %w", err)
	}
	in, stop, err := browser.Start(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := b.measurePresses(ctx, in); err != nil {
		return err
	}
	return b.measureFirstVisit(ctx, in)
}

func (b *bench) measurePresses(ctx, in context.Context) error {
	// Each visit begins with what the ones before it left open.
	open := keyRows + 2*2*keyProcessed*keyVisits
	return b.onBoard(ctx, hospital{patients: 3_000, open: open, arrivals: "0"}, func(c *client) (err error) {
		t, err := openTab(in, c, noteSpeed)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.close()) }()
		bare, err := t.bareKeys()
		if err != nil {
			return err
		}
		for _, list := range []keyList{{"1,000 open, the rows that come at first", t.firstRows}, {"1,000 open, all rows fetched", t.fetchAll}} {
			var seen keysSeen
			for range keyVisits {
				v, err := t.visitByKeys(list.fetch)
				if err != nil {
					return err
				}
				seen.add(v)
			}
			seen.report(&b.report, list.name, bare)
		}
		return b.measureLoads(in, c)
	})
}

// onBoard has a board on a hospital of its own, once it has read its window, used
// by a client.
func (b *bench) onBoard(ctx context.Context, h hospital, use func(c *client) error) (err error) {
	dir, err := b.folder("keys")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(dir)) }()
	s, err := b.startSandbox(ctx, h)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, s.Process) }()
	d, err := b.readWindow(ctx, boardSettings{dir: dir, upstream: s.URL, key: s.ServiceKey, rps: actionsLimit, poll: pollEvery}, s, 5*time.Minute)
	if err != nil {
		return err
	}
	defer func() { err = program.StopAfter(err, d.Process) }()
	c, err := signedIn(ctx, d.url, "en", s.admin.SignIn())
	if err != nil {
		return err
	}
	return use(c)
}

// bareKeys is how long a page takes to paint that does nothing but say which key
// it was.
func (t *tab) bareKeys() (samples, error) {
	if _, err := call(t, page.Navigate, page.NavigateParams{URL: "about:blank"}); err != nil {
		return nil, err
	}
	const sayKey = `void addEventListener("keydown", (event) => { document.body.textContent = event.key + event.timeStamp; })`
	if _, err := eval[any](t, sayKey); err != nil {
		return nil, err
	}
	err := t.slowly(func() error { return t.pressAll("bare", 100, "j") })
	if err != nil {
		return nil, err
	}
	w, err := t.noted()
	return w.toPaint("bare"), err
}

// keyList is how much of the list is on the page while keys are pressed.
type keyList struct {
	name  string
	fetch func() error
}

// visitByKeys is one visit to the list: its rows are fetched, then keys are
// pressed.
func (t *tab) visitByKeys(fetch func() error) (noted, error) {
	steps := []func() error{
		func() error { return t.open("/?status=open") },
		fetch,
		func() error { return t.slowly(t.pressInList) },
		func() error { return t.slowly(func() error { return t.process(pressedE) }) },
		func() error { return t.process(pressedEFast) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return noted{}, err
		}
	}
	return t.noted()
}

// slowly does something with the page slowed down.
func (t *tab) slowly(do func() error) error {
	if err := t.throttle(slowed); err != nil {
		return err
	}
	return errors.Join(do(), t.throttle(1))
}

// firstRows leaves the list as it comes. The first key brings the script for all
// others.
func (t *tab) firstRows() error { return t.pressEach("", "j", "k") }

// fetchAll goes to the end of the list until there is no more, and back. The first
// key brings the script for all others.
func (t *tab) fetchAll() error {
	if err := t.pressEach("", "j"); err != nil {
		return err
	}
	for {
		more, err := eval[bool](t, `Boolean(document.getElementById("more"))`)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := t.pressEach("", kb.End); err != nil {
			return err
		}
	}
	rows, err := eval[int](t, `document.querySelectorAll("#board .row").length`)
	if err == nil && rows < keyRows {
		err = fmt.Errorf("the page holds %d rows, expected are at least %d", rows, keyRows)
	}
	return errors.Join(err, t.pressEach("", kb.Home))
}

// pressInList presses the keys that change nothing at Luscii.
func (t *tab) pressInList() error {
	if err := t.pressAll(pressedJ, 40, "j"); err != nil {
		return err
	}
	for range 20 {
		if err := errors.Join(t.pressAll(pressedX, 1, "x"), t.pressAll("", 1, "j")); err != nil {
			return err
		}
	}
	if err := t.pressEach("", kb.Escape); err != nil { // lets go of those selected
		return err
	}
	for range 10 {
		if err := errors.Join(t.pressEach(pressedO, "o", "o"), t.pressEach("", "j")); err != nil {
			return err
		}
	}
	if err := t.pressEach("", "o"); err != nil {
		return err
	}
	for range 20 {
		if err := t.pressEach(pressedJOpen, "j"); err != nil {
			return err
		}
	}
	return nil
}

// process processes alerts one after the other: the key opens the next. Reds
// would have to be looked at first (R15).
func (t *tab) process(label string) error {
	if err := t.pressEach("", kb.Escape); err != nil { // closes the one that is open
		return err
	}
	const toFirst = `void document.querySelector("#board .row[data-flag=orange]:not([data-left]) .who, #board .row[data-flag=gray]:not([data-left]) .who").focus()`
	if _, err := eval[any](t, toFirst); err != nil {
		return err
	}
	if err := t.pressEach("", "o"); err != nil {
		return err
	}
	for range keyProcessed {
		if err := t.pressEach(label, "e"); err != nil {
			return err
		}
		if _, err := eval[bool](t, `noted.confirmation()`); err != nil {
			return err
		}
		if err := t.settled(); err != nil {
			return err
		}
	}
	return nil
}

// pressAll presses a key again and again, each time as soon as the page has
// painted, whatever is still on its way.
func (t *tab) pressAll(label string, times int, key string) error {
	if err := t.label(label); err != nil {
		return err
	}
	for range times {
		if err := errors.Join(t.press(key), t.painted()); err != nil {
			return err
		}
	}
	return nil
}

// pressEach presses keys, each when the one before has had all its effect.
func (t *tab) pressEach(label string, keys ...string) error {
	if err := t.label(label); err != nil {
		return err
	}
	for _, key := range keys {
		if err := errors.Join(t.press(key), t.settled()); err != nil {
			return err
		}
	}
	return nil
}
