-- Letters that were accepted, and those that must leave this hub.

-- Ids under which callers handed letters in, so that handing in twice sends once.
CREATE TABLE accepted (
    id TEXT PRIMARY KEY NOT NULL,
    accepted_at BIGINT NOT NULL
);

-- A letter with recipients elsewhere. Its blob is in use as long as this row exists.
CREATE TABLE queue_letter (
    id TEXT PRIMARY KEY NOT NULL,
    blob TEXT NOT NULL,
    -- Empty is the null sender, which is never answered (RFC 5321 §4.5.5).
    sender TEXT NOT NULL,
    eight_bit BIGINT NOT NULL,
    international BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL
);

CREATE INDEX queue_letter_blob ON queue_letter (blob);

-- One recipient that is still to be reached; the row goes away with success or with the report.
CREATE TABLE queue_recipient (
    letter TEXT NOT NULL REFERENCES queue_letter (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL,
    -- Whoever attempts delivery owns the row until this moment; an expired lease is free again.
    leased_until BIGINT NOT NULL DEFAULT 0,
    lease TEXT NOT NULL DEFAULT '',
    last_answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (letter, address)
);

CREATE INDEX queue_recipient_due ON queue_recipient (due_at);
