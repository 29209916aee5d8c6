-- Passwords an account had before its current one, hashed, so that they are not chosen again too soon.
CREATE TABLE password_used (
    account TEXT NOT NULL REFERENCES account (id),
    set_at BIGINT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (account, set_at)
);
