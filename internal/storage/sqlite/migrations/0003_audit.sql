-- The audit trail. A record is its body, a line of JSON under the chain's hash;
-- what is asked for is read out of the body, so that the two can't differ.
-- Triggers refuse to change what is there: records go only below a checkpoint,
-- checkpoints and the patients' index never, the head only forward.

-- +goose Up
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY CHECK (seq = body ->> '$.seq'),
    key_id  TEXT NOT NULL,
    prev    BLOB NOT NULL,
    hash    BLOB NOT NULL,
    body    TEXT NOT NULL,
    at      TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.at') VIRTUAL,
    action  TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.action') VIRTUAL,
    user    TEXT GENERATED ALWAYS AS (body ->> '$.user') VIRTUAL
) STRICT;
CREATE INDEX audit_at_idx ON audit (at);
CREATE INDEX audit_action_idx ON audit (action, at);
CREATE INDEX audit_user_idx ON audit (user, at);

-- Every patient a record is about.
CREATE TABLE audit_patients (
    patient TEXT NOT NULL,
    at      TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (patient, at, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_patients_seq_idx ON audit_patients (seq);

CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- Times are microseconds since 1970 in UTC.
CREATE TABLE audit_checkpoints (
    seq    INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL,
    at     INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    mac    BLOB NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_index AFTER INSERT ON audit BEGIN
    INSERT OR IGNORE INTO audit_patients (patient, at, seq)
        SELECT NEW.body ->> '$.patient', NEW.body ->> '$.at', NEW.seq WHERE NEW.body ->> '$.patient' IS NOT NULL
        UNION
        SELECT value, NEW.body ->> '$.at', NEW.seq FROM json_each(NEW.body, '$.details.patients');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_follows BEFORE INSERT ON audit
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit) BEGIN
    SELECT RAISE(ABORT, 'audit records are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
WHEN OLD.seq > (SELECT coalesce(max(seq), 0) FROM audit_checkpoints) BEGIN
    SELECT RAISE(ABORT, 'audit records are removed only below a checkpoint');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_patients_unchanged BEFORE UPDATE ON audit_patients BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_patients_kept BEFORE DELETE ON audit_patients
WHEN OLD.seq > (SELECT coalesce(max(seq), 0) FROM audit_checkpoints) BEGIN
    SELECT RAISE(ABORT, 'audit records are removed only below a checkpoint');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_onward BEFORE UPDATE ON audit_head
WHEN NEW.seq <= OLD.seq BEGIN
    SELECT RAISE(ABORT, 'the audit head only goes forward');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_once BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head) BEGIN
    SELECT RAISE(ABORT, 'the audit head only goes forward');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_kept BEFORE DELETE ON audit_head BEGIN
    SELECT RAISE(ABORT, 'the audit head is kept');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE ON audit_checkpoints BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints are never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_onward BEFORE INSERT ON audit_checkpoints
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit_checkpoints) BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_kept BEFORE DELETE ON audit_checkpoints BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints are kept');
END;
-- +goose StatementEnd
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, zeroblob(32));
