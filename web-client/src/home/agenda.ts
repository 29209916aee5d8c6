// Which meetings stand where on *Hôm nay*: the one to join now, today's others, those to come.

import type { MeetingSummary } from "../generated";
import { dayNumber } from "../lib/format";

/** *Vào họp* opens this long before the start. */
export const DOOR_OPENS_US = 15 * 60_000_000;

export interface Agenda {
    next: MeetingSummary | null;
    today: MeetingSummary[];
    coming: MeetingSummary[];
}

const over = (meeting: MeetingSummary) => meeting.status === "ended" || meeting.status === "cancelled";

/** Whether the meeting's door is open: live, or planned and near or running late. */
export function mayJoin(meeting: MeetingSummary, now: number): boolean {
    if (over(meeting)) return false;
    return meeting.status === "live" || (now >= meeting.startsAt - DOOR_OPENS_US && now <= meeting.endsAt);
}

/** Puts meetings in their places; a live one comes before the next planned one of today. */
export function agenda(meetings: readonly MeetingSummary[], now: number): Agenda {
    const sorted = [...meetings].sort((a, b) => a.startsAt - b.startsAt);
    const isToday = (meeting: MeetingSummary) =>
        meeting.status === "live" || dayNumber(meeting.startsAt) === dayNumber(now);
    const candidates = sorted.filter((meeting) => !over(meeting) && isToday(meeting));
    const next =
        candidates.find((meeting) => mayJoin(meeting, now) && meeting.status === "live") ??
        candidates.find((meeting) => mayJoin(meeting, now)) ??
        candidates.find((meeting) => meeting.startsAt > now) ??
        null;
    return {
        next,
        today: sorted.filter((meeting) => isToday(meeting) && meeting !== next),
        coming: sorted.filter(
            (meeting) => !isToday(meeting) && meeting.startsAt > now && meeting.status !== "cancelled",
        ),
    };
}
