package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"sync"
	"time"
)

// The recorder's pace; ours but for the head's, which is R21's.
const (
	batchWithin  = 500 * time.Millisecond // how long a queued event may wait for others
	batchSize    = 200
	queueSize    = 1_000
	retryAfter   = time.Second
	headEvery    = time.Minute
	purgeEvery   = 24 * time.Hour
	finishWithin = 3 * time.Second // for what is still queued when the program stops
)

// Keeper is where the records are kept.
type Keeper interface {
	// AppendAudit keeps events as the chain's next records, all or none, and
	// answers these.
	AppendAudit(ctx context.Context, chain *Chain, events ...Event) ([]Record, error)
	// AuditHead is the newest record's.
	AuditHead(ctx context.Context) (Head, error)
	// AuditRecords are the records a filter asks for.
	AuditRecords(ctx context.Context, f Filter) iter.Seq2[Record, error]
	// PurgeAudit removes the records from before a moment, leaves a checkpoint
	// signed by the chain, and answers how many it removed.
	PurgeAudit(ctx context.Context, chain *Chain, before time.Time) (int, error)
}

// Options are what a Recorder needs.
type Options struct {
	Keeper       Keeper
	Chain        *Chain
	Out          io.Writer // every record goes there, too, as a line of JSON
	Organisation string
	Years        int // how long records are kept
	Log          *slog.Logger
}

// Recorder writes what happens while the program runs. It is safe for
// concurrent use.
type Recorder struct {
	Options
	queue chan Event

	mu     sync.Mutex // one append after the other, so that Out is in order
	logged Head       // the head in the log
}

// NewRecorder makes a Recorder. What is queued waits for Run.
func NewRecorder(o Options) *Recorder {
	return &Recorder{Options: o, queue: make(chan Event, queueSize)}
}

// Record keeps events before it returns. After an error none is kept, and what
// they tell of must not go on.
func (r *Recorder) Record(ctx context.Context, events ...Event) error {
	return r.append(ctx, r.completeAll(events))
}

// RecordWith keeps events together with what they tell of: keep does both in one
// transaction, by appending the events to the chain it is given, and answers
// their records. After an error neither is kept.
func (r *Recorder) RecordWith(ctx context.Context, events []Event, keep func(ctx context.Context, chain *Chain, events []Event) ([]Record, error)) error {
	return r.appendBy(ctx, r.completeAll(events), keep)
}

// Queue keeps an event within a second. Where too many wait already, it waits
// for its place and drops none; its error is that of ctx.
func (r *Recorder) Queue(ctx context.Context, e Event) error {
	select {
	case r.queue <- r.complete(e):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a place among the audit events: %w", context.Cause(ctx))
	}
}

// AuditRecords are the records a filter asks for, as the keeper has them.
func (r *Recorder) AuditRecords(ctx context.Context, f Filter) iter.Seq2[Record, error] {
	return r.Keeper.AuditRecords(ctx, f)
}

// complete is an event with what all of this recorder's have in common.
func (r *Recorder) complete(e Event) Event {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Organisation = r.Organisation
	return e
}

func (r *Recorder) completeAll(events []Event) []Event {
	complete := make([]Event, 0, len(events))
	for _, e := range events {
		complete = append(complete, r.complete(e))
	}
	return complete
}

func (r *Recorder) append(ctx context.Context, events []Event) error {
	return r.appendBy(ctx, events, func(ctx context.Context, chain *Chain, events []Event) ([]Record, error) {
		return r.Keeper.AppendAudit(ctx, chain, events...)
	})
}

func (r *Recorder) appendBy(ctx context.Context, events []Event, keep func(context.Context, *Chain, []Event) ([]Record, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	records, err := keep(ctx, r.Chain, events)
	if err != nil {
		return fmt.Errorf("keep audit events: %w", err)
	}
	if err := WriteStream(r.Out, records); err != nil {
		// They are kept, which is what counts; whoever ships them away can fetch
		// them by `dashboard audit export`.
		r.Log.Error("audit records are kept, but couldn't be written to the output", slog.Any("error", err))
	}
	return nil
}

// Run writes what is queued, tells the log the chain's head every minute in which
// it changed, and removes records that are old enough once a day, until ctx
// ends; then it writes what is still queued. It has to outlive whatever queues.
func (r *Recorder) Run(ctx context.Context) {
	var other sync.WaitGroup
	other.Go(func() { r.tellHeads(ctx) })
	other.Go(func() { r.purgeDaily(ctx) })
	r.writeQueued(ctx)
	other.Wait()
	r.tellHead(context.WithoutCancel(ctx))
}

func (r *Recorder) writeQueued(ctx context.Context) {
	for {
		select {
		case e := <-r.queue:
			r.keep(ctx, r.gather(ctx, e))
		case <-ctx.Done():
			r.finish(ctx)
			return
		}
	}
}

// gather is the first event with those that come while it waits.
func (r *Recorder) gather(ctx context.Context, first Event) []Event {
	events := []Event{first}
	wait := time.NewTimer(batchWithin)
	defer wait.Stop()
	for len(events) < batchSize {
		select {
		case e := <-r.queue:
			events = append(events, e)
		case <-wait.C:
			return events
		case <-ctx.Done():
			return events
		}
	}
	return events
}

// keep appends until it works. Meanwhile the queue fills, and then whoever would
// show something more waits.
func (r *Recorder) keep(ctx context.Context, events []Event) {
	for {
		err := r.append(context.WithoutCancel(ctx), events)
		if err == nil {
			return
		}
		r.Log.Error("audit events couldn't be kept; trying again", slog.Int("events", len(events)), slog.Any("error", err))
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			r.lastTry(ctx, events)
			return
		}
	}
}

// finish writes all that is queued when the program stops.
func (r *Recorder) finish(ctx context.Context) {
	var events []Event
	for {
		select {
		case e := <-r.queue:
			events = append(events, e)
			continue
		default:
		}
		if len(events) > 0 {
			r.lastTry(ctx, events)
		}
		return
	}
}

func (r *Recorder) lastTry(ctx context.Context, events []Event) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := r.append(ctx, events); err != nil {
		r.Log.Error("audit events are lost: they couldn't be kept before the program stopped", slog.Int("events", len(events)), slog.Any("error", err))
	}
}

func (r *Recorder) tellHeads(ctx context.Context) {
	r.tellHead(ctx)
	every(ctx, headEvery, func() { r.tellHead(ctx) })
}

// tellHead puts the chain's head in the log (R21): there it is out of reach of
// whoever can change the database.
func (r *Recorder) tellHead(ctx context.Context) {
	head, err := r.Keeper.AuditHead(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		r.Log.Error("the audit chain's head can't be read", slog.Any("error", err))
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if head != r.logged {
		r.logged = head
		r.Log.Info("audit chain", slog.String("head", head.String()))
	}
}

func (r *Recorder) purgeDaily(ctx context.Context) {
	r.purge(ctx)
	every(ctx, purgeEvery, func() { r.purge(ctx) })
}

func (r *Recorder) purge(ctx context.Context) {
	n, err := r.Keeper.PurgeAudit(ctx, r.Chain, time.Now().AddDate(-r.Years, 0, 0))
	if n > 0 {
		err = errors.Join(err, r.Record(context.WithoutCancel(ctx), Event{
			Action: AuditPurged, Outcome: Done, User: System, Basis: Basis{Rule: ByMachine}, Details: Details{Rows: n},
		}))
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		r.Log.Error("old audit records couldn't be removed", slog.Any("error", err))
	}
}

// every does something at each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}
