-- Letters that people called spam, or not spam, and the spam filter was not yet told of.
CREATE TABLE learning (
    blob TEXT PRIMARY KEY NOT NULL,
    -- 1: spam; 0: not.
    spam BIGINT NOT NULL,
    noted_at BIGINT NOT NULL
);

CREATE INDEX learning_noted_at ON learning (noted_at);
