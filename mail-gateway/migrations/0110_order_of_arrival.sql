-- A conversation is named after its first letter, and names of letters grow with time: with the name in front new
-- entries stand side by side at the end of an index, instead of one here and one there for each mailbox. Whoever
-- looks for a conversation always names both.

DROP INDEX letters_by_thread;
CREATE INDEX letters_by_thread ON letters (thread, account);
DROP INDEX thread_links_by_thread;
CREATE INDEX thread_links_by_thread ON thread_links (thread, account);
