-- Letters from outside that are held back until IT staff let them go. A held letter keeps its blob.
CREATE TABLE quarantine (
    id TEXT PRIMARY KEY NOT NULL,
    blob TEXT NOT NULL,
    -- The envelope's; empty is the null sender.
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- program, suspect; what exactly stands in detail.
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    octets BIGINT NOT NULL,
    -- What it is found by, folded.
    words TEXT NOT NULL,
    held_at BIGINT NOT NULL
);

CREATE INDEX quarantine_blob ON quarantine (blob);
CREATE INDEX quarantine_held_at ON quarantine (held_at);

-- Whom a held letter is for.
CREATE TABLE quarantine_recipient (
    held TEXT NOT NULL REFERENCES quarantine (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    -- Whether the addressee was told.
    told BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (held, address)
);

CREATE INDEX quarantine_recipient_untold ON quarantine_recipient (told, address);

-- When each address was told of held letters last.
CREATE TABLE quarantine_notice (
    address TEXT PRIMARY KEY NOT NULL,
    told_at BIGINT NOT NULL
);
