-- For whom a link was made, so that one of many can be found and revoked.
ALTER TABLE guest_links ADD COLUMN label TEXT NOT NULL DEFAULT '';
CREATE INDEX guest_links_by_meeting ON guest_links (meeting);
