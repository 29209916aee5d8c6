-- A group's members may be found at delivery: whoever is in a unit, or holds a position there, today.
ALTER TABLE person_group ADD COLUMN kind TEXT NOT NULL DEFAULT 'list';
ALTER TABLE person_group ADD COLUMN unit TEXT REFERENCES unit (id);
ALTER TABLE person_group ADD COLUMN reach TEXT NOT NULL DEFAULT 'unit';
ALTER TABLE person_group ADD COLUMN title TEXT NOT NULL DEFAULT '';
-- Who may write: closed to the outside unless somebody opens it.
ALTER TABLE person_group ADD COLUMN posting TEXT NOT NULL DEFAULT 'inside';

-- Members by name, with dates: the acting holder of a position, a guest on a list.
ALTER TABLE person_group_member ADD COLUMN valid_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person_group_member ADD COLUMN valid_until BIGINT;

-- Whose a removed address was: it may come back to that mailbox and to nobody else.
ALTER TABLE address ADD COLUMN former_mailbox TEXT REFERENCES mailbox (id);

-- Domains that mean the hub's own: a renamed province's old one.
CREATE TABLE domain_alias (
    domain TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);
