// The hub's time: a PC's clock may be hours off, so moments shown to people come from the hub.

import type { Timestamp } from "../generated";

let offset = 0;

/** Takes the hub's time from an answer; `sentAt` (`performance.now()`) halves the way there and back. */
export function correct(serverTime: Timestamp, sentAt?: number) {
    const way = sentAt === undefined ? 0 : (performance.now() - sentAt) / 2;
    offset = serverTime / 1000 + way - Date.now();
}

/** Now by the hub's clock, in milliseconds. */
export function nowMillis(): number {
    return Date.now() + offset;
}

/** Now by the hub's clock, in the protocol's microseconds. */
export function now(): Timestamp {
    return Math.round(nowMillis() * 1000);
}
