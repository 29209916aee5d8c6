// How meetings stand in the list and in the week. Times are ms; no DOM, no clock.

import { dayOf, minutesOf, mondayOf } from "./days";

/** What the schedule needs of a meeting. */
export interface Timed {
    id: string;
    startsAt: number;
    endsAt: number;
    ended: boolean;
    cancelled: boolean;
}

export type Section = "now" | "today" | "tomorrow" | "thisWeek" | "coming" | "past";

const SECTIONS: Section[] = ["now", "today", "tomorrow", "thisWeek", "coming", "past"];

/** *Vào họp* appears this long before the start. */
export const DOORS_OPEN_MS = 15 * 60_000;

/** True while the meeting can be entered from the schedule. */
export function canEnter(meeting: Timed, now: number): boolean {
    return !meeting.ended && !meeting.cancelled && now >= meeting.startsAt - DOORS_OPEN_MS && now < lastEntry(meeting);
}

/** Meetings run over: the door stays open two hours past the planned end, unless it was ended. */
function lastEntry(meeting: Timed): number {
    return meeting.endsAt + 2 * 3_600_000;
}

/** Non-empty sections in order; within one, by start. What is over today is under "past". */
export function sections<M extends Timed>(meetings: readonly M[], now: number): { section: Section; meetings: M[] }[] {
    const today = dayOf(now);
    const of = (meeting: M): Section => {
        if (meeting.ended || now >= lastEntry(meeting)) return "past";
        if (canEnter(meeting, now)) return "now";
        // A cancelled meeting is not "today" any longer once its time is over.
        if (meeting.endsAt <= now) return "past";
        const day = dayOf(meeting.startsAt);
        if (day <= today) return "today";
        if (day === today + 1) return "tomorrow";
        return mondayOf(day) === mondayOf(today) ? "thisWeek" : "coming";
    };
    return SECTIONS.map((section) => ({
        section,
        meetings: meetings
            .filter((meeting) => of(meeting) === section)
            .sort((a, b) => (section === "past" ? b.startsAt - a.startsAt : a.startsAt - b.startsAt)),
    })).filter((group) => group.meetings.length > 0);
}

/** One meeting in a cell of the week: the hour it starts in, and how many rows it covers. */
export interface Placed<M> {
    meeting: M;
    hour: number;
}

/** The hours a week shows: office hours, and earlier or later ones where a meeting needs them. */
export function hoursOf<M extends Timed>(meetings: readonly M[]): number[] {
    let first = 7;
    let last = 17;
    for (const meeting of meetings) {
        const hour = Math.floor(minutesOf(meeting.startsAt) / 60);
        first = Math.min(first, hour);
        last = Math.max(last, hour);
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The meetings of `day` that start in `hour`. */
export function inCell<M extends Timed>(meetings: readonly M[], day: number, hour: number): M[] {
    return meetings
        .filter((meeting) => dayOf(meeting.startsAt) === day && Math.floor(minutesOf(meeting.startsAt) / 60) === hour)
        .sort((a, b) => a.startsAt - b.startsAt);
}

/** The next meeting to enter, for the one big button. */
export function next<M extends Timed>(meetings: readonly M[], now: number): M | undefined {
    return meetings.filter((meeting) => canEnter(meeting, now)).sort((a, b) => a.startsAt - b.startsAt)[0];
}
