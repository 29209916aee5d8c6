-- Who did what with a letter, for mailboxes that several people keep: 'handled' (the keyword itself is
-- among keywords), 'written' for drafts and sent letters. The name is the one of that day.
CREATE TABLE letter_acts (
    letter TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    acted BIGINT NOT NULL,
    PRIMARY KEY (letter, kind)
);
