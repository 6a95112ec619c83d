package board

import (
	"context"
	"fmt"
	"slices"
	"time"

	"triageboard/internal/triage"
)

// historyCacheSize is how many alerts' records are kept; ours.
const historyCacheSize = 2_000

// historyWithin is how long a reading may take that nobody waits for any more;
// ours.
const historyWithin = 30 * time.Second

// historyKey names an alert in one of its states: when it changes, its records
// are read anew.
type historyKey struct {
	id        triage.AlertID
	updatedAt time.Time
}

// history is what an alert's records say.
type history struct {
	records []triage.Record
	notes   []string // folded, to be searched
}

// History is the alert's information records, newest first. They are cached
// until the alert changes, and read once for all who ask at the same time; those
// a clinician waits for (triage.Urgent) don't wait for a reading ahead, which
// comes last (R41). The records of an incomplete answer are returned beside the
// error.
func (b *Board) History(ctx context.Context, a triage.Alert) ([]triage.Record, error) {
	key := historyKey{a.ID, a.UpdatedAt.UTC()}
	if h, ok := b.history.Get(key); ok {
		return h.records, nil
	}
	shared := fmt.Sprintf("%t %d %s", triage.IsUrgent(ctx), key.updatedAt.UnixNano(), key.id)
	reading := b.reading.DoChan(shared, func() (any, error) {
		return b.readHistory(context.WithoutCancel(ctx), key) // others may wait for it
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("read the history of an alert: %w", ctx.Err())
	case read := <-reading:
		records, _ := read.Val.([]triage.Record)
		return slices.Clone(records), read.Err
	}
}

func (b *Board) readHistory(ctx context.Context, key historyKey) ([]triage.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, historyWithin)
	defer cancel()
	var records []triage.Record
	for r, err := range b.source.Records(ctx, key.id) {
		if err != nil {
			return newestFirst(records), fmt.Errorf("read the history of an alert: %w", err)
		}
		records = append(records, r)
	}
	records = newestFirst(records)
	b.history.Add(key, history{records, foldedNotes(records)})
	return records, nil
}

// NotesWith is the alerts in whose history a note holds the term, among those
// whose history was read already. It reads none: a search must not cost Luscii a
// request for every alert.
func (b *Board) NotesWith(term triage.Term) map[triage.AlertID]bool {
	out := map[triage.AlertID]bool{}
	for _, key := range b.history.Keys() {
		if h, ok := b.history.Peek(key); ok && slices.ContainsFunc(h.notes, term.In) {
			out[key.id] = true
		}
	}
	return out
}

func foldedNotes(records []triage.Record) []string {
	var notes []string
	for _, r := range records {
		if folded := triage.Fold(r.Note); folded != "" {
			notes = append(notes, folded)
		}
	}
	return notes
}

// newestFirst orders records by time; those of one instant keep Luscii's order.
func newestFirst(records []triage.Record) []triage.Record {
	slices.SortStableFunc(records, func(x, y triage.Record) int { return y.CreatedAt.Compare(x.CreatedAt) })
	return records
}
