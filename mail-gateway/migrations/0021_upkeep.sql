-- What a mailbox holds, how long its trash is kept, and what can be brought back after that.

-- Letters and octets are counted as they come and go; quota is what IT staff set for this mailbox.
ALTER TABLE accounts ADD COLUMN letters BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN octets BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN quota BIGINT;
UPDATE accounts SET letters = held.letters, octets = held.octets
    FROM (SELECT l.account AS account, COUNT(*) AS letters, CAST(SUM(b.size) AS BIGINT) AS octets
          FROM letters l JOIN bodies b ON b.blob = l.blob GROUP BY l.account) AS held
    WHERE held.account = accounts.account;

-- When a letter came into a folder; 0 where that was before it was noted.
ALTER TABLE letter_folder ADD COLUMN added BIGINT NOT NULL DEFAULT 0;
CREATE INDEX letter_folder_by_added ON letter_folder (folder, added);

-- Letters destroyed lately. Their bodies stay on disk as long as they are listed here.
CREATE TABLE removed_letters (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    blob TEXT NOT NULL,
    keywords TEXT NOT NULL,
    received BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX removed_letters_by_time ON removed_letters (account, removed);
CREATE INDEX removed_letters_by_blob ON removed_letters (blob);
