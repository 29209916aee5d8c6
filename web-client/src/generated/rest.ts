// REST types of the hub.

import type { MeetingId, MeetingStatus, PersonId, Role, Timestamp } from "./protocol";

export type MailboxKind = "personal" | "agency";
export type MailboxGrant = { mailbox: string; address: string; name: string; kind: MailboxKind; maySend: boolean };

export type SessionView = {
    person: { id: PersonId; name: string; unit: string; unitName: string; position: string };
    login: string;
    isAdmin: boolean;
    mustChangePassword: boolean;
    mailboxes: Array<MailboxGrant>;
    hub: { domain: string; name: string; build: string };
    serverTime: Timestamp;
};

export type ErrorBody = { error: { code: string; message?: string; id?: string } & Record<string, unknown> };

export type MeetingSummary = {
    id: MeetingId;
    title: string;
    chair: string;
    startsAt: Timestamp;
    endsAt: Timestamp;
    status: MeetingStatus;
    room: string | null;
    role: Role | null;
};

/** What the lobby shows before anybody enters; also for guests. */
export type EntryView = {
    id: MeetingId;
    title: string;
    chair: string;
    startsAt: Timestamp;
    endsAt: Timestamp;
    status: MeetingStatus;
};

export type UnitView = {
    id: string;
    parent: string | null;
    kind: string;
    name: string;
    shortName: string;
    order: number;
    code: string | null;
    people: number;
    address?: string | null;
};

export type PersonView = {
    id: PersonId;
    name: string;
    position: string;
    unit: string;
    unitName: string;
    address: string | null;
    order: number;
};

export type DirectoryEntry = {
    kind: "person" | "unit" | "mailbox";
    id: string;
    name: string;
    detail: string;
    address: string | null;
};

export type InviteeView = {
    /** Absent for an agency mailbox. */
    person: PersonId | null;
    name: string;
    unitName: string;
    position: string;
    order: number;
    role: Role;
};

export type MeetingDetail = MeetingSummary & {
    roomId: string | null;
    organiser: InviteeView | null;
    invitees: Array<InviteeView>;
    units: Array<string>;
    /** The caller may change, cancel, and hand out the guest link. */
    mayChange: boolean;
};

export type RoomView = { id: string; name: string; unitName: string; seats: number | null };
