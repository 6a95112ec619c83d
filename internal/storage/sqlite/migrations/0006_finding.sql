-- What users searched for, sealed: terms may name patients. One with a slot is a
-- view, which stays until its user lets go of it. Times are microseconds since
-- 1970 in UTC.

-- +goose Up
CREATE TABLE searches (
    id      TEXT NOT NULL PRIMARY KEY,
    hcp     TEXT NOT NULL,
    slot    INTEGER NOT NULL, -- the key it is reached by; 0: no view
    sealed  BLOB NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX searches_slot_idx ON searches (hcp, slot) WHERE slot > 0;
CREATE INDEX searches_used_idx ON searches (used_at) WHERE slot = 0;
