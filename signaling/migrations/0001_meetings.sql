-- One row per meeting: the announced plan and where it stands, a reading of `events` kept for lists.
CREATE TABLE meetings (
    id         TEXT   NOT NULL PRIMARY KEY,
    organiser  TEXT,
    starts_at  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    status     TEXT   NOT NULL,
    sequence   BIGINT NOT NULL,
    present    BIGINT NOT NULL,
    plan       TEXT   NOT NULL
);
CREATE INDEX meetings_by_time ON meetings (starts_at);
CREATE INDEX meetings_by_status ON meetings (status);

-- Who finds the meeting in the own calendar.
CREATE TABLE invited_persons (
    meeting TEXT NOT NULL REFERENCES meetings (id),
    person  TEXT NOT NULL,
    PRIMARY KEY (meeting, person)
);
CREATE INDEX invited_persons_by_person ON invited_persons (person);
CREATE TABLE invited_units (
    meeting TEXT NOT NULL REFERENCES meetings (id),
    unit    TEXT NOT NULL,
    PRIMARY KEY (meeting, unit)
);
CREATE INDEX invited_units_by_unit ON invited_units (unit);

-- Everything that happened. Rows are only ever added.
CREATE TABLE events (
    meeting TEXT   NOT NULL REFERENCES meetings (id),
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    body    TEXT   NOT NULL,
    PRIMARY KEY (meeting, number)
);

-- Links for guests; the secret part is stored as its SHA-256 only.
CREATE TABLE guest_links (
    hash       TEXT   NOT NULL PRIMARY KEY,
    meeting    TEXT   NOT NULL REFERENCES meetings (id),
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Letters about meetings that are not handed over yet; a row is deleted when its letter is.
CREATE TABLE outbox (
    meeting  TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    part     BIGINT NOT NULL,
    body     TEXT   NOT NULL,
    due_at   BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (meeting, number, part)
);
CREATE INDEX outbox_by_due ON outbox (due_at);
