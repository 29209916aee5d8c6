// REST types of the hub.

import type { Floor, MeetingId, MeetingStatus, PersonId, Role, Timestamp } from "./protocol";

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

export type MeetingSummary = {
    id: MeetingId;
    title: string;
    startsAt: Timestamp;
    endsAt: Timestamp;
    status: MeetingStatus;
    /** Empty if none is named. */
    chair: string;
    organiser: string;
    room: string | null;
    present: number;
    mayEdit: boolean;
};

/** What the lobby shows before anybody enters; also for guests. */
export type EntryView = {
    id: MeetingId;
    title: string;
    chair: string;
    startsAt: Timestamp;
    endsAt: Timestamp;
    status: MeetingStatus;
    room: string | null;
    asGuest: boolean;
    serverTime: Timestamp;
};

export type UnitView = {
    id: string;
    parent: string | null;
    kind: string;
    name: string;
    shortName: string;
    order: number;
    code: string;
    people: number;
    address: string | null;
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
    address: string;
    unitName: string;
    position: string;
    role: Role;
};

export type MeetingDetail = MeetingSummary & {
    roomId: string | null;
    floor: Floor;
    invitees: Array<InviteeView>;
    units: Array<string>;
    sequence: number;
    mayInviteGuests: boolean;
};

export type RoomView = { id: string; name: string; unit: string; unitName: string; place: string; seats: number };

/** One page of a console list, counted from 1. */
export type Page<T> = { items: Array<T>; total: number; page: number; pageSize: number };

export type AccountState = "active" | "disabled";

export type AdminPersonView = {
    id: PersonId;
    name: string;
    position: string;
    unit: string;
    unitName: string;
    login: string;
    address: string;
    state: AccountState;
    isAdmin: boolean;
    mustChangePassword: boolean;
    lastSignIn: Timestamp | null;
};

export type CreatedPersonView = { person: PersonView; login: string; address: string; temporaryPassword: string };
export type TemporaryPasswordView = { temporaryPassword: string };

export type AdminMailboxView = {
    id: string;
    address: string;
    name: string;
    kind: MailboxKind;
    unitName: string;
    /** Names of those who may read it. */
    readers: Array<string>;
    /** Its use, where the mail service has told of it. */
    letters?: number;
    bytes?: number;
};

export type AuditView = {
    id: string;
    sequence: number;
    at: Timestamp;
    actor: string;
    login: string;
    action: string;
    sentence: string;
    ip: string;
};
