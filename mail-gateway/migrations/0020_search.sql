-- Searching and listing large mailboxes.
-- A body has a number, under which the full-text index knows it; letters carry it, and the moment of
-- arrival stands beside every place a letter has, so that lists and searches are read from indexes alone.

ALTER TABLE bodies ADD COLUMN doc BIGINT NOT NULL DEFAULT 0;
UPDATE bodies SET doc = numbered.number
    FROM (SELECT blob, ROW_NUMBER() OVER (ORDER BY blob) AS number FROM bodies) AS numbered
    WHERE numbered.blob = bodies.blob;
CREATE UNIQUE INDEX bodies_by_doc ON bodies (doc);

ALTER TABLE letters ADD COLUMN doc BIGINT NOT NULL DEFAULT 0;
UPDATE letters SET doc = (SELECT doc FROM bodies WHERE bodies.blob = letters.blob);
DROP INDEX letters_by_received;
CREATE INDEX letters_by_received ON letters (account, received, id, doc, thread);
CREATE INDEX letters_by_doc ON letters (account, doc, received, id, thread);
CREATE INDEX letters_of_doc ON letters (doc, account);

ALTER TABLE letter_folder ADD COLUMN received BIGINT NOT NULL DEFAULT 0;
UPDATE letter_folder SET received = (SELECT received FROM letters WHERE letters.id = letter_folder.letter);
CREATE INDEX letter_folder_by_received ON letter_folder (account, folder, received, letter);

-- Bodies whose words are not, or not all, in the index yet: written with the letter, deleted with the
-- index entry, so that a crash between the two loses nothing.
CREATE TABLE to_index (
    doc BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO to_index (doc) SELECT doc FROM bodies;

-- The index took over what these columns were for.
ALTER TABLE bodies DROP COLUMN search_from;
ALTER TABLE bodies DROP COLUMN search_to;
ALTER TABLE bodies DROP COLUMN search_cc;
ALTER TABLE bodies DROP COLUMN search_bcc;
ALTER TABLE bodies DROP COLUMN search_subject;
ALTER TABLE bodies DROP COLUMN search_body;

-- What a folder's counts are made of, kept as letters come and go: counting a hundred thousand letters
-- each time a page opens would take longer than everything else together.
CREATE TABLE folder_threads (
    account TEXT NOT NULL,
    thread TEXT NOT NULL,
    folder TEXT NOT NULL,
    letters BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    is_unread BIGINT NOT NULL,
    PRIMARY KEY (account, thread, folder)
);
-- A conversation is unread where one of its letters is, those in the trash counting there alone.
INSERT INTO folder_threads (account, thread, folder, letters, unread, is_unread)
    SELECT f.account, l.thread, f.folder, COUNT(*), CAST(SUM(l.unread) AS BIGINT), 0
    FROM letter_folder f JOIN letters l ON l.id = f.letter GROUP BY f.account, l.thread, f.folder;
UPDATE folder_threads SET is_unread = 1 WHERE EXISTS (
    SELECT 1 FROM folder_threads o WHERE o.account = folder_threads.account
    AND o.thread = folder_threads.thread AND o.unread > 0
    AND (o.folder = 'trash') = (folder_threads.folder = 'trash'));

ALTER TABLE folders ADD COLUMN total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN unread BIGINT NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN threads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN unread_threads BIGINT NOT NULL DEFAULT 0;
UPDATE folders SET total = counted.total, unread = counted.unread, threads = counted.threads,
    unread_threads = counted.unread_threads
    FROM (SELECT account, folder, CAST(SUM(letters) AS BIGINT) AS total, CAST(SUM(unread) AS BIGINT) AS unread,
          COUNT(*) AS threads, CAST(SUM(is_unread) AS BIGINT) AS unread_threads
          FROM folder_threads GROUP BY account, folder) AS counted
    WHERE counted.account = folders.account AND counted.folder = folders.id;
