// Loaded by the shell once somebody is signed in: keeps the unread count and the notices of new
// letters alive on every page, at the price of one event stream.

import { post } from "./post.svelte";

export function watch(): void {
    void post.start();
}
