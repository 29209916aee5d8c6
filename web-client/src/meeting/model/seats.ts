// Readings of the seats: who is in, in protocol order; who waits; who may do what.

import type { MediaState, Role, Seat, SeatId } from "../../generated";
import type { MeetingState } from "./state";

/** Protocol order; among equals who came first, then by id so that nobody ever jumps. */
export function byProtocol(a: Seat, b: Seat): number {
    return a.order - b.order || a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1);
}

/** Everybody in the meeting: the chair first, then protocol order; never by loudness. */
export function present(state: MeetingState): Seat[] {
    const rank = (seat: Seat) => (seat.role === "chair" ? 0 : 1);
    return [...state.seats.values()]
        .filter((seat) => !seat.waiting)
        .sort((a, b) => rank(a) - rank(b) || byProtocol(a, b));
}

/** Guests at the door, first come first. The hub names them only to those who may admit. */
export function waiting(state: MeetingState): Seat[] {
    return [...state.seats.values()].filter((seat) => seat.waiting).sort((a, b) => a.joinedAt - b.joinedAt);
}

/** Raised hands in the order they went up. */
export function hands(state: MeetingState): Seat[] {
    return present(state)
        .filter((seat) => seat.handRaisedAt !== null)
        .sort((a, b) => (a.handRaisedAt ?? 0) - (b.handRaisedAt ?? 0));
}

export const own = (state: MeetingState): Seat | null => (state.own && state.seats.get(state.own)) || null;

/** Who presents a screen, if anybody. */
export function presenting(state: MeetingState): Seat | null {
    return present(state).find((seat) => seat.media.screen === "sending" || seat.media.screen === "lost") ?? null;
}

/** Mirrors the hub's rules so that nobody is offered a button that will be refused. */
export const rights = {
    mutesOthers: (role: Role) => role === "chair" || role === "moderator" || role === "operator",
    calls: (role: Role) => role === "chair" || role === "moderator",
    removes: (role: Role) => role === "chair" || role === "moderator",
    locks: (role: Role) => role === "chair" || role === "moderator",
    ends: (role: Role) => role === "chair",
    sends: (role: Role) => role !== "observer",
};

/** RFC 6464: above this level somebody speaks, below it the room hums. */
const SPEAKING_AT = 55;

/** Seats to highlight as speaking: an open microphone and a voice, never one without the other. */
export function speaking(state: MeetingState): Set<SeatId> {
    const loud = new Set<SeatId>();
    for (const [id, level] of state.levels) {
        if (level <= SPEAKING_AT && state.seats.get(id)?.media.microphone === "sending") loud.add(id);
    }
    return loud;
}

/** What a tile says about a track; nothing when all is well. */
export function microphoneSign(state: MediaState): "off" | "gated" | "lost" | null {
    return state === "sending" ? null : state;
}
