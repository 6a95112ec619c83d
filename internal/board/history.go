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

// History is the alert's information records, newest first. They are cached
// until the alert changes, and read once for all who ask at the same time; those
// a clinician waits for (triage.Urgent) don't wait for a reading ahead, which
// comes last (R41). The records of an incomplete answer are returned beside the
// error.
func (b *Board) History(ctx context.Context, a triage.Alert) ([]triage.Record, error) {
	key := historyKey{a.ID, a.UpdatedAt.UTC()}
	if records, ok := b.history.Get(key); ok {
		return records, nil
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
	b.history.Add(key, records)
	return records, nil
}

// newestFirst orders records by time; those of one instant keep Luscii's order.
func newestFirst(records []triage.Record) []triage.Record {
	slices.SortStableFunc(records, func(x, y triage.Record) int { return y.CreatedAt.Compare(x.CreatedAt) })
	return records
}
