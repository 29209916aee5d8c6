// A reactive "now" for screens that count: one timer for all of them.

import { createSubscriber } from "svelte/reactivity";
import { now } from "./clock";

const subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
});

/** The hub's time in µs; a component that reads it is drawn again each second. */
export function ticking(): number {
    subscribe();
    return now();
}
