// Who stands where on the stage, by layout. Tiles keep protocol order; a speaker is enlarged, never moved.

import type { Seat, SeatId, Source } from "../../generated";
import { own, present, presenting, speaking } from "./seats";
import type { MeetingState } from "./state";

export type Layout = "grid" | "speaker" | "presentation";

/** Receive slots for video in our offer. */
export const VIDEO_SLOTS = 12;
export const AUDIO_SLOTS = 3;

export interface Tile {
    seat: Seat;
    kind: "camera" | "screen";
    own: boolean;
}

export interface Stage {
    /** The layout really drawn: no presentation without somebody presenting. */
    layout: Layout;
    /** The large picture of *Người nói* and *Trình chiếu*. */
    main: Tile | null;
    /** All others, or the grid. */
    tiles: Tile[];
}

/** Stable keys, so that a tile keeps its `<video>` while others come and go. */
export const tileKey = (tile: Tile) => `${tile.seat.id}/${tile.kind}`;

/** Draws up the stage. `main` is who was large last: silence leaves them there. */
export function stage(state: MeetingState, wish: Layout, speaker: SeatId | null): Stage {
    const people = present(state);
    const mine = own(state)?.id;
    const camera = (seat: Seat): Tile => ({ seat, kind: "camera", own: seat.id === mine });
    const presenter = presenting(state);
    if (presenter && wish === "presentation") {
        const main: Tile = { seat: presenter, kind: "screen", own: presenter.id === mine };
        return { layout: "presentation", main, tiles: people.map(camera) };
    }
    if (wish === "speaker" && people.length > 1) {
        const seat = people.find((one) => one.id === speaker) ?? people.find((one) => one.id !== mine) ?? people[0];
        const main = seat ? camera(seat) : null;
        return { layout: "speaker", main, tiles: people.filter((one) => one !== seat).map(camera) };
    }
    return { layout: "grid", main: null, tiles: people.map(camera) };
}

/** Who to enlarge: whoever has the floor; else the loudest other voice; who spoke last stays through the pauses. */
export function nextSpeaker(state: MeetingState, last: SeatId | null): SeatId | null {
    const called = state.meeting?.called;
    if (called && called !== state.own && state.seats.has(called)) return called;
    const voices = speaking(state);
    if (last && voices.has(last)) return last;
    let loudest: SeatId | null = null;
    for (const id of voices) {
        if (id === state.own) continue;
        if (loudest === null || (state.levels.get(id) ?? 127) < (state.levels.get(loudest) ?? 127)) loudest = id;
    }
    return loudest ?? (last && state.seats.has(last) ? last : null);
}

/** Columns and rows for `count` tiles in a box, making 16:9 tiles as large as possible. */
export function grid(count: number, width: number, height: number): { columns: number; rows: number } {
    let best = { columns: 1, rows: Math.max(1, count), area: 0 };
    for (let columns = 1; columns <= count; columns++) {
        const rows = Math.ceil(count / columns);
        const side = Math.min(width / columns, (height / rows) * (16 / 9));
        if (side > best.area + 0.5) best = { columns, rows, area: side };
    }
    return { columns: best.columns, rows: best.rows };
}

/** One page of tiles; `page` is brought into range. */
export function paged<T>(tiles: readonly T[], page: number, size: number): { tiles: T[]; page: number; pages: number } {
    const pages = Math.max(1, Math.ceil(tiles.length / size));
    const current = Math.min(Math.max(0, page), pages - 1);
    return { tiles: tiles.slice(current * size, (current + 1) * size), page: current, pages };
}

/** A picture wanted on the screen and how tall it is drawn, in device pixels. */
export interface Demand {
    source: Source;
    height: number;
}
