-- What users typed and haven't written yet, sealed. Times are microseconds since
-- 1970 in UTC.

-- +goose Up
CREATE TABLE drafts (
    hcp      TEXT NOT NULL,
    alert    TEXT NOT NULL,
    sealed   BLOB NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (hcp, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX drafts_saved_idx ON drafts (saved_at);
