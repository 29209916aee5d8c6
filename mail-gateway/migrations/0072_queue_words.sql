-- What a waiting letter is about, and the folded words it is found by. Letters from before have neither and are
-- found by their addresses and ids.
ALTER TABLE queue_letter ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_letter ADD COLUMN words TEXT NOT NULL DEFAULT '';
