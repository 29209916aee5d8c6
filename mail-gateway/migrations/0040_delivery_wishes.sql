-- What senders ask about delivery (RFC 3461, 8689, 3030, 6710), and what administrators did to the queue.

ALTER TABLE queue_letter ADD COLUMN returned TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_letter ADD COLUMN envelope_id TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_letter ADD COLUMN require_tls BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_letter ADD COLUMN binary_body BIGINT NOT NULL DEFAULT 0;
-- The level of RFC 6710; the higher goes first.
ALTER TABLE queue_letter ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;

-- The value of NOTIFY; empty when the sender did not say.
ALTER TABLE queue_recipient ADD COLUMN notify TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN original TEXT NOT NULL DEFAULT '';
-- The sender was told once that it takes long.
ALTER TABLE queue_recipient ADD COLUMN delay_told BIGINT NOT NULL DEFAULT 0;
-- An administrator keeps it back.
ALTER TABLE queue_recipient ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
-- An administrator ended it: the next attempt is a report.
ALTER TABLE queue_recipient ADD COLUMN ended BIGINT NOT NULL DEFAULT 0;
