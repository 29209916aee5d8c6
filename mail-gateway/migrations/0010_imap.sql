-- What IMAP keeps beside what every reader keeps.

-- The answers to ENVELOPE, BODY and BODYSTRUCTURE, made once per body: a list of ten thousand letters
-- opens no file. Absent for bodies stored before this table; made when first asked for.
CREATE TABLE body_structures (
    blob TEXT NOT NULL PRIMARY KEY REFERENCES bodies (blob) ON DELETE CASCADE,
    envelope TEXT NOT NULL,
    body TEXT NOT NULL,
    structure TEXT NOT NULL
);

-- \Deleted belongs to a letter in a folder, not to the letter (RFC 8621 §4.1.1).
ALTER TABLE letter_folder ADD COLUMN deleted BIGINT NOT NULL DEFAULT 0;

-- "What changed in this folder since" (RFC 7162).
CREATE INDEX letter_folder_by_modseq ON letter_folder (account, folder, modseq);
CREATE INDEX expunged_by_modseq ON expunged (account, folder, modseq);

-- What a reader said of a folder by SUBSCRIBE and UNSUBSCRIBE; folders never named are subscribed.
CREATE TABLE subscriptions (
    reader TEXT NOT NULL,
    name TEXT NOT NULL,
    subscribed BIGINT NOT NULL,
    PRIMARY KEY (reader, name)
);
