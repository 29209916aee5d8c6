-- Secrets for mail programs. Each opens one mailbox; the secret itself is never stored.
CREATE TABLE app_password (
    id TEXT PRIMARY KEY,
    mailbox TEXT NOT NULL REFERENCES mailbox (id),
    -- On whose rights it rests; empty when IT staff made it for an agency mailbox.
    account TEXT REFERENCES account (id),
    name TEXT NOT NULL,
    -- SHA-256: the secret has 99 random bits, so that a slow hash would add nothing.
    secret_hash TEXT NOT NULL UNIQUE,
    -- SCRAM-SHA-256 (RFC 5802), hexadecimal; the salt follows from the mailbox.
    stored_key TEXT NOT NULL,
    server_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used BIGINT,
    last_ip TEXT NOT NULL
);
CREATE INDEX app_password_by_mailbox ON app_password (mailbox);
CREATE INDEX app_password_by_account ON app_password (account);
