-- A reader's right may begin and end: delegation during a leave or a mission.
ALTER TABLE mailbox_reader ADD COLUMN valid_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mailbox_reader ADD COLUMN valid_until BIGINT;
-- Sends in the mailbox's name only with the own name beside it (RFC 5322 §3.6.2, Sender).
ALTER TABLE mailbox_reader ADD COLUMN on_behalf BIGINT NOT NULL DEFAULT 0;
