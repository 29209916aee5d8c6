// Where media may go when a network lets nothing out but HTTPS: the hub's own relay, on the port the page
// came from. Browsers prefer every other way that works.

import type { Relay } from "../../generated";

type Page = Pick<Location, "protocol" | "hostname" | "port">;

/** Nobody outside the hub is asked for anything: no STUN, no other TURN. */
export function iceServers(relay: Relay | null, page: Page): RTCIceServer[] {
    if (!relay) return [];
    // The way that brought the page through this network is the way that is open.
    const urls =
        page.protocol === "https:" ? `turns:${page.hostname}:${page.port || "443"}?transport=tcp` : relay.url;
    return [{ urls, username: relay.username, credential: relay.credential }];
}
