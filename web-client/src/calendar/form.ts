// The dialog that creates or changes a meeting: what was typed, and what is wrong with it.

import type { Floor, Role } from "../generated";
import type { Chosen } from "../people/tree";
import { dateText, dayOf, minutesOf, parseDate, parseTime, startOf, timeText } from "./days";

export interface Form {
    title: string;
    date: string;
    time: string;
    /** Minutes. */
    duration: number;
    /** Room id, or empty. */
    room: string;
    invited: Chosen[];
    /** Of invited persons, by id; who is not here is a delegate. */
    roles: Record<string, Role>;
    floor: Floor;
    notSecret: boolean;
}

export type Fault = "title" | "date" | "time" | "past" | "invited" | "notSecret";

export const DURATIONS = [30, 60, 90, 120, 180, 240, 480];

/** A new meeting begins at the next full half hour. */
export function blank(now: number): Form {
    const half = 30 * 60_000;
    const start = Math.ceil((now + 1) / half) * half;
    return {
        title: "",
        date: dateText(dayOf(start)),
        time: timeText(minutesOf(start)),
        duration: 60,
        room: "",
        invited: [],
        roles: {},
        floor: "open",
        notSecret: false,
    };
}

/** The form of a meeting that stands. */
export function of(meeting: {
    title: string;
    startsAt: number;
    endsAt: number;
    room: string | null;
    invited: Chosen[];
    roles: Record<string, Role>;
    floor: Floor;
}): Form {
    return {
        title: meeting.title,
        date: dateText(dayOf(meeting.startsAt)),
        time: timeText(minutesOf(meeting.startsAt)),
        duration: Math.max(1, Math.round((meeting.endsAt - meeting.startsAt) / 60_000)),
        room: meeting.room ?? "",
        invited: meeting.invited,
        roles: meeting.roles,
        floor: meeting.floor,
        notSecret: false,
    };
}

/** Start and end in ms; null while date or time make no sense. */
export function times(form: Form): { startsAt: number; endsAt: number } | null {
    const day = parseDate(form.date);
    const minutes = parseTime(form.time);
    if (day === null || minutes === null) return null;
    const startsAt = startOf(day) + minutes * 60_000;
    return { startsAt, endsAt: startsAt + form.duration * 60_000 };
}

/** What an invited person can be; guests come by link. */
export const ROLES: readonly Role[] = ["delegate", "chair", "moderator", "secretary", "site", "observer", "operator"];

/** The roles that differ from a delegate's, of those who are still invited. */
export function rolesOf(form: Form): { person: string; role: Role }[] {
    return form.invited.flatMap((one) => {
        const role = one.kind === "person" ? form.roles[one.id] : undefined;
        return role && role !== "delegate" ? [{ person: one.id, role }] : [];
    });
}

/** What keeps the form from being sent, in the order of its fields. */
export function faults(form: Form, now: number): Fault[] {
    const found: Fault[] = [];
    if (form.title.trim() === "") found.push("title");
    if (parseDate(form.date) === null) found.push("date");
    if (parseTime(form.time) === null) found.push("time");
    const planned = times(form);
    if (planned && planned.endsAt <= now) found.push("past");
    if (form.invited.length === 0) found.push("invited");
    if (!form.notSecret) found.push("notSecret");
    return found;
}

/** How many persons and units receive the invitation. */
export function receivers(form: Form): { persons: number; units: number } {
    return {
        persons: form.invited.filter((one) => one.kind === "person").length,
        units: form.invited.filter((one) => one.kind === "unit").length,
    };
}
