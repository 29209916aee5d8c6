// The floor (*quyền phát biểu*): who speaks, who prepares, who waits, and whose microphone reaches the others.

import type { Seat, SeatId } from "../../generated";
import { hands, own, rights } from "./seats";
import type { MeetingState } from "./state";

/** The three places of the spoken ritual: *Đang phát biểu – Chuẩn bị – Chờ*. */
export interface FloorView {
    /** Only invited seats are heard. */
    called: boolean;
    speaking: Seat | null;
    /** Since when, in the protocol's microseconds. */
    since: number | null;
    next: Seat | null;
    waiting: Seat[];
}

export function floor(state: MeetingState): FloorView {
    const speaking = (state.meeting?.called && state.seats.get(state.meeting.called)) || null;
    const [next = null, ...waiting] = hands(state).filter((seat) => seat.id !== speaking?.id);
    return {
        called: state.meeting?.floor === "called",
        speaking,
        since: speaking ? (state.meeting?.calledAt ?? null) : null,
        next,
        waiting,
    };
}

/** Mirrors the hub's gate: whether what this seat says is passed on when its microphone is on. */
export function hasFloor(state: MeetingState, seat: Seat): boolean {
    return state.meeting?.floor !== "called" || rights.calls(seat.role) || state.meeting.called === seat.id;
}

/** Whether the own microphone must stay off until the chair calls. */
export function mustWait(state: MeetingState): boolean {
    const seat = own(state);
    return seat !== null && !hasFloor(state, seat);
}

/** What the person must be told when the floor moves from `before` to `after`; nothing most of the time. */
export function turn(before: MeetingState, after: MeetingState): "called" | "ended" | "next" | "closed" | null {
    const id: SeatId | null = after.own;
    if (!before.meeting || !after.meeting || !id) return null;
    const was = before.meeting.called === id;
    const is = after.meeting.called === id;
    if (is && !was) return "called";
    if (was && !is) return "ended";
    if (mustWait(after) && !mustWait(before)) return "closed";
    const prepares = (state: MeetingState) => floor(state).next?.id === id && floor(state).speaking !== null;
    return prepares(after) && !prepares(before) ? "next" : null;
}
