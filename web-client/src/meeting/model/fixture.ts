// Seats and snapshots for tests of the model.
import type { Seat, Snapshot } from "../../generated";
import { apply, empty, type MeetingState } from "./state";

export function seat(id: string, change: Partial<Seat> = {}): Seat {
    return {
        id,
        person: `person-${id}`,
        name: id.toUpperCase(),
        unit: "Sở Tài chính",
        position: "",
        role: "delegate",
        order: 90,
        connected: true,
        waiting: false,
        handRaisedAt: null,
        media: { microphone: "sending", camera: "sending", screen: "off" },
        joinedAt: 0,
        ...change,
    };
}

export function snapshot(seats: Seat[], number = 10): Snapshot {
    return {
        number,
        meeting: {
            id: "m",
            title: "Giao ban",
            chair: "",
            startsAt: 0,
            endsAt: 0,
            liveSince: 0,
            status: "live",
            floor: "open",
            called: null,
            calledAt: null,
            locked: false,
        },
        seats,
        chat: [],
    };
}

/** A meeting as `own` sees it. */
export function meeting(own: string, seats: Seat[]): MeetingState {
    return apply(empty, {
        type: "welcome",
        seat: own,
        resumeToken: "t",
        serverTime: 0,
        build: "",
        relay: null,
        snapshot: snapshot(seats),
    });
}
