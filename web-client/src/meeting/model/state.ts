// The meeting as this browser knows it: the hub's snapshot, then its events, in order. No DOM, no socket.

import type {
    ChatLine,
    EndReason,
    Event,
    MeetingView,
    Seat,
    SeatId,
    SeatLine,
    ServerMessage,
    Snapshot,
    Source,
} from "../../generated";

/** How many lines of chat are kept; older ones scroll away. */
const MOST_CHAT = 500;

/** What a slot carries, and from which RTP timestamp on. */
export interface Mapping {
    source: Source | null;
    rtpTimestamp: number | null;
    /** It sends, but our line is too thin to show it now. */
    saving: boolean;
}

export interface MeetingState {
    own: SeatId | null;
    meeting: MeetingView | null;
    seats: ReadonlyMap<SeatId, Seat>;
    chat: readonly ChatLine[];
    lastEvent: number;
    /** Speaking seats and their level, 0 loudest … 127 silence. */
    levels: ReadonlyMap<SeatId, number>;
    /** How good lines are, as far as this seat is told. */
    lines: ReadonlyMap<SeatId, SeatLine>;
    /** Video slots by index. */
    videoSlots: readonly Mapping[];
    audioSlots: readonly Mapping[];
    ended: { reason: EndReason; by: string | null } | null;
}

export const empty: MeetingState = {
    own: null,
    meeting: null,
    seats: new Map(),
    chat: [],
    lastEvent: 0,
    levels: new Map(),
    lines: new Map(),
    videoSlots: [],
    audioSlots: [],
    ended: null,
};

/** The state after `message`. Messages that change nothing return the same object. */
export function apply(state: MeetingState, message: ServerMessage): MeetingState {
    switch (message.type) {
        case "welcome": {
            const entered = { ...state, own: message.seat, ended: null };
            return message.snapshot ? replaced(entered, message.snapshot) : entered;
        }
        case "snapshot":
            return replaced(state, message);
        case "event":
            // A resumed visit may repeat what was seen already.
            if (message.number <= state.lastEvent) return state;
            return { ...applyEvent(state, message.event), lastEvent: message.number };
        case "levels":
            return { ...state, levels: new Map(message.levels.map(({ seat, level }) => [seat, level])) };
        case "lines": {
            const lines = new Map(state.lines);
            for (const line of message.lines) lines.set(line.seat, line);
            return { ...state, lines };
        }
        case "slot": {
            const key = message.kind === "video" ? "videoSlots" : "audioSlots";
            const slots = [...state[key]];
            while (slots.length <= message.slot) slots.push({ source: null, rtpTimestamp: null, saving: false });
            const { source, rtpTimestamp, saving } = message;
            slots[message.slot] = { source, rtpTimestamp, saving };
            return { ...state, [key]: slots };
        }
        default:
            return state;
    }
}

/** A new PeerConnection starts with empty slots. */
export function withoutMedia(state: MeetingState): MeetingState {
    return { ...state, videoSlots: [], audioSlots: [], levels: new Map() };
}

function replaced(state: MeetingState, snapshot: Snapshot): MeetingState {
    return {
        ...state,
        meeting: snapshot.meeting,
        seats: new Map(snapshot.seats.map((seat) => [seat.id, seat])),
        chat: snapshot.chat,
        lastEvent: snapshot.number,
    };
}

function applyEvent(state: MeetingState, event: Event): MeetingState {
    switch (event.type) {
        case "seat":
            return { ...state, seats: new Map(state.seats).set(event.seat.id, event.seat) };
        case "left": {
            const seats = new Map(state.seats);
            seats.delete(event.seat);
            const lines = new Map(state.lines);
            lines.delete(event.seat);
            return { ...state, seats, lines };
        }
        case "chat":
            return { ...state, chat: [...state.chat, event.line].slice(-MOST_CHAT) };
        case "meeting":
            return { ...state, meeting: event.meeting };
        case "ended":
            return { ...state, ended: { reason: event.reason, by: event.by } };
        default:
            return state;
    }
}
