-- The last known state of every alert in the window, without names (R25), and
-- when each day was confirmed. Times are nanoseconds since 1970 in UTC; a time
-- that Luscii gave as null is NULL, an id ''.

-- +goose Up
CREATE TABLE alerts (
    id           TEXT PRIMARY KEY,
    patient      TEXT NOT NULL,
    group_id     TEXT NOT NULL,
    protocol     TEXT NOT NULL,
    program      TEXT NOT NULL,
    measurement  TEXT NOT NULL,
    instrument   TEXT NOT NULL,
    type         TEXT NOT NULL,
    flag         TEXT NOT NULL,
    status       TEXT NOT NULL,
    processed_at INTEGER,
    processed_by TEXT NOT NULL,
    escalated_at INTEGER,
    escalated_by TEXT NOT NULL,
    created_at   INTEGER,
    updated_at   INTEGER,
    day          TEXT NOT NULL,
    confirmed_at INTEGER,
    missing      INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_patient_idx ON alerts (patient);
CREATE INDEX alerts_day_idx ON alerts (day);
-- The two parts of what a start loads, whatever else the window holds.
CREATE INDEX alerts_working_idx ON alerts (day) WHERE status <> 'processed';
CREATE INDEX alerts_processed_idx ON alerts (coalesce(processed_at, updated_at, 0)) WHERE status = 'processed';

CREATE TABLE days (
    day          TEXT PRIMARY KEY,
    confirmed_at INTEGER NOT NULL
) STRICT;
