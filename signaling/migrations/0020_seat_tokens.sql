-- Bearer tokens: one opens one seat of one meeting. The secret is stored as its SHA-256 only.
CREATE TABLE seat_tokens (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL UNIQUE,
    meeting    TEXT   NOT NULL REFERENCES meetings (id),
    role       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX seat_tokens_by_meeting ON seat_tokens (meeting);
