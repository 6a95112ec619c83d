-- Times are microseconds since 1970 in UTC.

-- +goose Up
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- As scs's sqlite3store documents it; expiry is a Julian day.
CREATE TABLE sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry REAL NOT NULL
) STRICT;
CREATE INDEX sessions_expiry_idx ON sessions (expiry);

CREATE TABLE sign_ins (
    id         TEXT PRIMARY KEY,
    hcp        TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;

CREATE TABLE linked_keys (
    sign_in   TEXT PRIMARY KEY,
    hcp       TEXT NOT NULL,
    sealed    BLOB NOT NULL,
    linked_at INTEGER NOT NULL
) STRICT;
