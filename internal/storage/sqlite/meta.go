package sqlite

import (
	"context"
	"fmt"
)

// Meta answers the value kept under key, which is value if there was none.
func (db *DB) Meta(ctx context.Context, key, value string) (string, error) {
	// The update that changes nothing makes the row that was there returned.
	const query = `
		INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = value
		RETURNING value`
	var kept string
	if err := db.write.QueryRowContext(ctx, query, key, value).Scan(&kept); err != nil {
		return "", fmt.Errorf("meta value %s: %w", key, err)
	}
	return kept, nil
}
