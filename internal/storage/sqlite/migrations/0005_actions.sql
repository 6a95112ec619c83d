-- What clinicians decided, from its acceptance on. Text and key are sealed, and
-- erased once they are no longer needed. Times are nanoseconds since 1970 in UTC;
-- null is none.

-- +goose Up
CREATE TABLE actions (
    number       INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were recorded
    id           TEXT NOT NULL UNIQUE,
    batch        TEXT NOT NULL,
    undoes       TEXT NOT NULL,
    alert        TEXT NOT NULL,
    patient      TEXT NOT NULL,
    actor        TEXT NOT NULL,
    sign_in      TEXT NOT NULL,
    wanted       TEXT NOT NULL,
    seen         INTEGER,
    was          TEXT NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    recorded_at  INTEGER NOT NULL,
    retry_until  INTEGER,
    sent_at      INTEGER,
    next_at      INTEGER,
    ended_at     INTEGER,
    settled_at   INTEGER,
    tries        INTEGER NOT NULL,
    result       INTEGER,
    event        TEXT NOT NULL,
    sealed_text  BLOB,
    sealed_key   BLOB,
    lease_owner  TEXT NOT NULL DEFAULT '',
    leased_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One action on an alert at a time, and one that takes it back behind it.
CREATE UNIQUE INDEX actions_in_flight_idx ON actions (alert, undoes = '') WHERE state IN ('recorded', 'sending');
CREATE INDEX actions_due_idx ON actions (next_at) WHERE state IN ('recorded', 'sending');
CREATE INDEX actions_unsettled_idx ON actions (number) WHERE settled_at IS NULL;
CREATE INDEX actions_actor_idx ON actions (actor, recorded_at);
CREATE INDEX actions_batch_idx ON actions (batch) WHERE batch <> '';
CREATE INDEX actions_recorded_idx ON actions (recorded_at);
