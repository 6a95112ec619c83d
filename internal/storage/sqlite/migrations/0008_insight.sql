-- What the insights ask for: alerts by when they were created, and the few audit
-- records of what was reopened soon (R17).

-- +goose Up
CREATE INDEX alerts_created_idx ON alerts (created_at);
CREATE INDEX audit_reopened_idx ON audit (at) WHERE body ->> '$.details.reopened_soon';
