-- Filter rules of mailboxes (Sieve, RFC 5228), and what they must remember.

CREATE TABLE sieve_script (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    -- At most one script of an account is active.
    active BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (account, name)
);

-- Letters seen before (RFC 7352), people answered lately (RFC 5230 §4.2), letters passed on already.
CREATE TABLE sieve_memory (
    account TEXT NOT NULL,
    memory_key TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (account, memory_key)
);
CREATE INDEX sieve_memory_by_time ON sieve_memory (expires);
