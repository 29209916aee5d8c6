-- What was brought from another system, so that bringing it again brings only the rest. `source` is a hash of
-- where the letter lay there; it outlives the letter here, which may have been thrown away.
CREATE TABLE moved_in (
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (account, source)
);
