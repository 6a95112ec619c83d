-- The last known state of every alert in the window, without names (R25), and
-- when each day was confirmed. Times are nanoseconds since 1970 in UTC; a time
-- or id that Luscii gave as null is NULL or ''.

-- +goose Up
CREATE TABLE alerts (
    id           TEXT PRIMARY KEY,
    patient      TEXT NOT NULL,
    team         TEXT NOT NULL,
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
    confirmed_at INTEGER NOT NULL,
    missing      INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_patient_idx ON alerts (patient);
CREATE INDEX alerts_day_idx ON alerts (day);
CREATE INDEX alerts_working_idx ON alerts (id) WHERE status <> 'processed';

CREATE TABLE days (
    day          TEXT PRIMARY KEY,
    confirmed_at INTEGER NOT NULL
) STRICT;
