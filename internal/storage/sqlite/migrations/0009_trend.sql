-- What patients measured in the last month, from the export: one sealed sheet for
-- each patient and listed day, which names neither. Times are nanoseconds since 1970
-- in UTC. A day that isn't in the table of days isn't loaded.

-- +goose Up
CREATE TABLE measured_sheets (
    patient TEXT NOT NULL,
    day     TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (patient, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX measured_sheets_day_idx ON measured_sheets (day);
CREATE TABLE measured_days (
    day      TEXT NOT NULL PRIMARY KEY,
    begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
