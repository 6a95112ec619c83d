-- How each user wants the board, sealed. The version grows by one with each change.

-- +goose Up
CREATE TABLE settings (
    hcp     TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
