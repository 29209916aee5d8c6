-- The directory: units, people, accounts, mailboxes, sessions, audit.
-- Portable subset: BIGINT and TEXT only; booleans 0/1; times µs UTC; ids and hashes as text.

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE unit (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES unit (id),
    kind TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    mail_code TEXT,
    protocol_order BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    successor TEXT REFERENCES unit (id)
);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT,
    created_at BIGINT NOT NULL
);

-- A position without a person is a post shown by its title alone.
CREATE TABLE position (
    id TEXT PRIMARY KEY,
    person TEXT REFERENCES person (id),
    unit TEXT NOT NULL REFERENCES unit (id),
    title TEXT NOT NULL,
    protocol_order BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT
);
CREATE INDEX position_by_person ON position (person);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL UNIQUE REFERENCES person (id),
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    must_change BIGINT NOT NULL,
    is_admin BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    last_failure BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    last_sign_in BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX session_by_account ON session (account);

CREATE TABLE mailbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES unit (id),
    person TEXT UNIQUE REFERENCES person (id),
    address TEXT NOT NULL UNIQUE
);

CREATE TABLE mailbox_reader (
    mailbox TEXT NOT NULL REFERENCES mailbox (id),
    person TEXT NOT NULL REFERENCES person (id),
    may_send BIGINT NOT NULL,
    PRIMARY KEY (mailbox, person)
);

CREATE TABLE person_group (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE person_group_member (
    person_group TEXT NOT NULL REFERENCES person_group (id),
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (person_group, person)
);

-- Every address ever given out. Neither mailbox nor group: a tombstone, never given out again.
CREATE TABLE address (
    address TEXT PRIMARY KEY,
    mailbox TEXT REFERENCES mailbox (id),
    person_group TEXT REFERENCES person_group (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE room (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES unit (id),
    place TEXT NOT NULL,
    seats BIGINT NOT NULL
);

CREATE TABLE site (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES unit (id)
);

-- Append-only; each hash covers the previous one and the line itself.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    login TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    sentence TEXT NOT NULL,
    ip TEXT NOT NULL,
    hash TEXT NOT NULL,
    folded TEXT NOT NULL
);
