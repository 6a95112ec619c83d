package download

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"triageboard/internal/export"
)

const (
	// saveEvery is how much of the fetching a killed process loses; ours.
	saveEvery = time.Second
	// rereads is how often a part is begun anew because its cursor isn't taken any
	// more; ours.
	rereads = 3
	// inARow is how many parts may break off one behind the other; ours. One is a bad
	// day, more are a bad upstream.
	inARow = 2
)

// fetch is one run of a job.
type fetch struct {
	*Job
	source Source
	spool  *spool
	pack   packer
	saved  time.Time
	part   *part           // the one that is fetched, in the checkpoint
	seen   map[string]bool // its cursors in this run
}

// fatal is an error that no other part is tried after: ours, not Luscii's.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// all fetches the parts that broke off in a former run, then those that weren't
// begun. One that breaks off is passed over, so that it costs no other.
func (f *fetch) all(ctx context.Context) error {
	var failures []error
	broken := 0
	try := func(index int) (goOn bool) {
		err := f.one(ctx, index)
		if err == nil {
			broken = 0
			return true
		}
		broken++
		failures = append(failures, err)
		return broken < inARow && !hopeless(ctx, err)
	}
	former := make([]int, 0, len(f.kept.Open))
	for _, p := range f.kept.Open {
		former = append(former, p.Index)
	}
	for _, index := range former {
		if !try(index) {
			return f.summary(failures)
		}
	}
	for f.kept.Next < f.parts {
		index := f.kept.Next
		f.mu.Lock()
		f.kept.Open = append(f.kept.Open, part{Index: index})
		f.kept.Next++
		f.mu.Unlock()
		if !try(index) {
			break
		}
	}
	return f.summary(failures)
}

func hopeless(ctx context.Context, err error) bool {
	var ours fatal
	return ctx.Err() != nil || errors.As(err, &ours) || errors.Is(err, export.ErrUnknownReport)
}

// summary is the last failure, which is the one that counts, with how much it cost.
func (f *fetch) summary(failures []error) error {
	if len(failures) == 0 {
		return nil
	}
	last := failures[len(failures)-1]
	if f.parts == 1 {
		return last
	}
	missing := f.parts - f.kept.Next + len(f.kept.Open)
	return fmt.Errorf("%d of %d days aren't fetched whole: %w", missing, f.parts, last)
}

// one fetches one part from where it stands.
func (f *fetch) one(ctx context.Context, index int) error {
	i := slices.IndexFunc(f.kept.Open, func(p part) bool { return p.Index == index })
	f.part, f.seen = &f.kept.Open[i], map[string]bool{}
	f.mu.Lock()
	f.part.Reason = ""
	f.mu.Unlock()
	err := f.pages(ctx)
	for again := 0; again < rereads && errors.Is(err, export.ErrCursor); again++ {
		f.part.Anew = true
		err = f.pages(ctx)
	}
	// The rows of a part are sealed apart from others', so that they can be taken
	// back.
	if unsealed := f.seal(); unsealed != nil {
		err = fatal{errors.Join(err, unsealed)}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		f.kept.Open = slices.Delete(f.kept.Open, i, i+1)
	case ctx.Err() == nil:
		f.part.Reason = err.Error()
	}
	return err
}

// pages fetches the pages of the part from its cursor on.
func (f *fetch) pages(ctx context.Context) error {
	if f.part.Anew {
		if err := f.takeBack(); err != nil {
			return fatal{err}
		}
	}
	if f.part.Whole { // a process was killed behind its last page
		return nil
	}
	f.seen[f.part.Cursor] = true
	asked := export.Request{Type: f.task.Type, Range: f.task.part(f.part.Index), Cursor: f.part.Cursor}
	fetching, stop := context.WithCancel(ctx)
	for page, err := range ahead(f.source.Report(fetching, asked), stop) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if err := f.keep(page); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		if f.seen[page.Next] {
			// Where the pages turn in a circle, no cursor of them leads on.
			f.part.Anew = true
			return ErrRepeats
		}
		f.seen[page.Next] = true
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrBrokeOff
}

// takeBack forgets what has come of the part, for it is read from its beginning.
func (f *fetch) takeBack() error {
	if err := f.seal(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept.Void = append(f.kept.Void, f.part.Spans...)
	f.kept.Rows -= f.part.Rows
	f.kept.Pages -= f.part.Pages
	*f.part = part{Index: f.part.Index}
	clear(f.seen)
	return nil
}

// keep takes in a page.
func (f *fetch) keep(page export.Page) error {
	for _, row := range page.Rows {
		if err := f.kept.Fit.Add(row); err != nil {
			return fatal{err}
		}
		f.spool.pending = f.pack.add(f.spool.pending, row)
	}
	f.mu.Lock()
	f.part.Cursor, f.part.Whole = page.Next, page.Next == ""
	f.part.Rows += len(page.Rows)
	f.part.Pages++
	f.kept.Rows += len(page.Rows)
	f.kept.Pages++
	for _, w := range page.Warnings {
		f.kept.warn(w)
	}
	f.mu.Unlock()
	if len(f.spool.pending) >= chunkSize {
		if err := f.seal(); err != nil {
			return fatal{err}
		}
	}
	if f.full != nil && f.full() {
		return fatal{fmt.Errorf("%d MB are kept of this one: %w", f.spool.length>>20, ErrTooBig)}
	}
	if time.Since(f.saved) >= saveEvery {
		if err := f.save(); err != nil {
			return fatal{err}
		}
	}
	return nil
}

// seal writes the pending rows, which are the part's.
func (f *fetch) seal() error {
	from := f.spool.length
	if err := f.spool.seal(); err != nil || f.spool.length == from {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.length = f.spool.length
	if n := len(f.part.Spans); n > 0 && f.part.Spans[n-1].To == from {
		f.part.Spans[n-1].To = f.spool.length
	} else {
		f.part.Spans = append(f.part.Spans, span{from, f.spool.length})
	}
	return nil
}

// save writes a checkpoint of all that has come. It outlives the process; a machine
// that breaks down may cost the download, which can be fetched again.
func (f *fetch) save() error {
	if err := f.seal(); err != nil {
		return err
	}
	f.mu.Lock()
	f.kept.Length, f.kept.Saved = f.spool.length, time.Now()
	kept := f.kept
	f.mu.Unlock()
	f.saved = time.Now()
	return kept.write(f.folder, f.sealer)
}
