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

// historyKey names an alert in one of its states: when it changes, its records
// are read anew.
type historyKey struct {
	id        triage.AlertID
	updatedAt time.Time
}

// History is the alert's information records, newest first. They are cached
// until the alert changes. The records of an incomplete answer are returned
// beside the error.
func (b *Board) History(ctx context.Context, a triage.Alert) ([]triage.Record, error) {
	key := historyKey{a.ID, a.UpdatedAt.UTC()}
	if records, ok := b.history.Get(key); ok {
		return records, nil
	}
	var records []triage.Record
	for r, err := range b.source.Records(triage.Urgent(ctx), a.ID) {
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
