-- The answer of a mailbox whose owner is away (RFC 8621 §8), one a mailbox.
CREATE TABLE vacation_response (
    account TEXT NOT NULL PRIMARY KEY,
    enabled BIGINT NOT NULL,
    -- The answer holds from the one to the other, µs UTC; without one it has no such end.
    from_date BIGINT,
    to_date BIGINT,
    subject TEXT,
    text_body TEXT,
    html_body TEXT
);

-- JMAP knows a script by an id that outlives its name (RFC 9661 §2).
ALTER TABLE sieve_script ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE sieve_script SET id = 's' || (
    SELECT COUNT(*) FROM sieve_script AS other
    WHERE other.account = sieve_script.account AND other.name <= sieve_script.name
);
