-- Whether the owner of a mailbox was told that it is nearly full; cleared when there is room again.
ALTER TABLE accounts ADD COLUMN warned BIGINT NOT NULL DEFAULT 0;
