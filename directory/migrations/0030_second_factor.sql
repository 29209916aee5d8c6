-- The second factor of an account. Before `confirmed_at` it is only proposed and asked of nobody.
CREATE TABLE second_factor (
    account TEXT PRIMARY KEY REFERENCES account (id),
    -- Base32. It must be read to know the codes, so that no hash can stand here.
    shared_key TEXT NOT NULL,
    confirmed_at BIGINT,
    -- The step of the clock whose code was accepted last: no code works twice.
    last_step BIGINT NOT NULL,
    -- Wrong codes in a row, counted apart from wrong passwords: a right password forgives none of them.
    failures BIGINT NOT NULL,
    last_failure BIGINT NOT NULL
);

-- Codes on paper for who has lost the telephone, each used once; 59 random bits need no slow hash.
CREATE TABLE recovery_code (
    account TEXT NOT NULL REFERENCES account (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (account, code_hash)
);
