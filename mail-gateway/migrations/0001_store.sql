-- The mail store: what every reader (JMAP, the webmail, later IMAP and POP3) is a view of.
-- "account" is a MailboxId of the directory; a folder is what JMAP calls a Mailbox.
-- Every object carries the mod-sequence of its birth (created) and of its last change (modseq),
-- drawn from one counter per account, so that any reader can ask "what changed since".

CREATE TABLE accounts (
    account TEXT NOT NULL PRIMARY KEY,
    modseq BIGINT NOT NULL
);

-- The last mod-sequence per kind of object: the JMAP state string of that kind.
CREATE TABLE states (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, kind)
);

CREATE TABLE tombstones (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    created BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, kind, id)
);
CREATE INDEX tombstones_by_modseq ON tombstones (account, kind, modseq);

-- counts_modseq moves when only the numbers of letters changed, modseq with any change.
CREATE TABLE folders (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    name TEXT NOT NULL,
    role TEXT,
    sort_order BIGINT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid_next BIGINT NOT NULL,
    highest_modseq BIGINT NOT NULL,
    created BIGINT NOT NULL,
    settings_modseq BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- What is said of a body once, however many accounts hold it. search_* are folded words, each
-- preceded by one space, so that "% word%" finds the beginnings of words.
CREATE TABLE bodies (
    blob TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    has_attachment BIGINT NOT NULL,
    summary TEXT NOT NULL,
    search_from TEXT NOT NULL,
    search_to TEXT NOT NULL,
    search_cc TEXT NOT NULL,
    search_bcc TEXT NOT NULL,
    search_subject TEXT NOT NULL,
    search_body TEXT NOT NULL
);

CREATE TABLE letters (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    blob TEXT NOT NULL REFERENCES bodies (blob),
    thread TEXT NOT NULL,
    received BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modseq BIGINT NOT NULL
);
CREATE INDEX letters_by_received ON letters (account, received);
CREATE INDEX letters_by_thread ON letters (account, thread);
CREATE INDEX letters_by_modseq ON letters (account, modseq);
CREATE INDEX letters_by_blob ON letters (blob);
CREATE INDEX letters_by_unread ON letters (account, unread);

CREATE TABLE letter_folder (
    account TEXT NOT NULL,
    letter TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
    folder TEXT NOT NULL,
    uid BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (letter, folder)
);
CREATE UNIQUE INDEX letter_folder_by_uid ON letter_folder (account, folder, uid);

-- UIDs that left a folder (IMAP VANISHED, RFC 7162 §3.2).
CREATE TABLE expunged (
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    uid BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, folder, uid)
);

CREATE TABLE keywords (
    letter TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
    keyword TEXT NOT NULL,
    PRIMARY KEY (letter, keyword)
);

CREATE TABLE threads (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    created BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- Which thread a Message-ID belongs to, per base subject (RFC 8621 §3).
CREATE TABLE thread_links (
    account TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    thread TEXT NOT NULL,
    PRIMARY KEY (account, message_id, subject)
);
CREATE INDEX thread_links_by_thread ON thread_links (account, thread);

-- What was delivered already, so that a delivery repeated after a crash doubles nothing.
CREATE TABLE deliveries (
    delivery_key TEXT NOT NULL,
    account TEXT NOT NULL,
    letter TEXT NOT NULL,
    delivered BIGINT NOT NULL,
    PRIMARY KEY (delivery_key, account)
);
CREATE INDEX deliveries_by_time ON deliveries (delivered);

CREATE TABLE identities (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    reply_to TEXT,
    bcc TEXT,
    text_signature TEXT NOT NULL,
    html_signature TEXT NOT NULL,
    created BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

CREATE TABLE submissions (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    identity TEXT NOT NULL,
    letter TEXT NOT NULL,
    thread TEXT NOT NULL,
    envelope TEXT NOT NULL,
    send_at BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- Blobs an account may read for a while beside those of its letters: files uploaded to be attached,
-- bodies of letters just destroyed, whose parts the next version of a draft may still name.
CREATE TABLE uploads (
    account TEXT NOT NULL,
    blob TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (account, blob)
);
CREATE INDEX uploads_by_time ON uploads (expires);
