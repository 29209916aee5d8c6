// Keeps media flowing: one PeerConnection at a time. When it breaks, ICE is restarted on it, which keeps
// keys, decoders and slots; when that does not help, a new one is made into the same seat.

import type { LocalMedia } from "./local.svelte";
import { Peer } from "./peer";
import { quality, read, type Quality, type Reading } from "./quality";
import { iceServers } from "./relay";
import type { Relay } from "../../generated";
import { waitBefore } from "../model/reconnect";

/** ICE needs five silent seconds to say "disconnected"; while the hub can be asked, a restart is
 *  quicker than waiting for more. A short pause lets a line that just comes back win. */
const PATIENCE_MS = 500;
/** An answered offer that has not led to a connection by then is tried again. */
const CONNECT_MS = 8000;
/** A restart that has not led to a connection by then has not helped. */
const RESTART_MS = 3000;
const READ_EVERY_MS = 2000;

export interface LinkPorts {
    /** Carries an offer to the hub and returns its answer; rejects when the line is down. */
    offer: (sdp: string) => Promise<string>;
    /** The hub's relay, as it was named last. */
    relay: () => Relay | null;
    /** A fresh connection has empty slots. */
    renewed: () => void;
    /** Connected: the hub may be told what to show. */
    ready: () => void;
}

export class MediaLink {
    peer = $state.raw<Peer | null>(null);
    state = $state<"connecting" | "connected" | "interrupted">("connecting");
    quality = $state.raw<Quality | null>(null);

    #attempt = 0;
    /** Once per connection that stood: a restart that did not help is not tried again. */
    #mayRestart = false;
    #timer: ReturnType<typeof setTimeout> | null = null;
    #reader = setInterval(() => void this.#read(), READ_EVERY_MS);
    #before: Reading | null = null;
    #closed = false;
    readonly #stopSending: () => void;

    constructor(
        private readonly local: LocalMedia,
        private readonly ports: LinkPorts,
    ) {
        this.#stopSending = $effect.root(() => {
            $effect(() => {
                void this.peer?.send(this.local.tracks).catch(() => this.#later());
            });
        });
    }

    /** The hub can be reached (again): connects unless media flows already. */
    resume() {
        if (this.peer?.connected) return this.ports.ready();
        void this.#again();
    }

    /** The signalling line is down: media may go on, but no new connection can be made. */
    pause() {
        this.#stopTimer();
    }

    close() {
        this.#closed = true;
        this.#stopTimer();
        clearInterval(this.#reader);
        this.#stopSending();
        this.peer?.close();
        this.peer = null;
    }

    #again(): Promise<void> {
        return this.peer && this.#mayRestart ? this.#restart(this.peer) : this.#renew();
    }

    async #restart(peer: Peer): Promise<void> {
        if (this.#closed) return;
        this.#stopTimer();
        this.#mayRestart = false;
        try {
            const answer = await this.ports.offer(await peer.restart());
            if (this.peer !== peer) return;
            // The hub knew nothing of the connection any more: it was restarted, or gave it up.
            if (!peer.continues(answer)) return await this.#renew();
            await peer.answer(answer);
            this.ports.ready();
            if (!peer.connected) this.#later(RESTART_MS);
        } catch {
            if (this.peer === peer) this.#later();
        }
    }

    async #renew(): Promise<void> {
        if (this.#closed) return;
        this.#stopTimer();
        this.#mayRestart = false;
        this.peer?.close();
        this.ports.renewed();
        const peer = new Peer(iceServers(this.ports.relay(), location), (state) => this.#changed(peer, state));
        this.peer = peer;
        this.#before = null;
        this.#attempt += 1;
        if (this.state !== "connecting") this.state = "interrupted";
        try {
            await peer.send(this.local.tracks);
            const answer = await this.ports.offer(await peer.offer());
            if (this.peer !== peer) return;
            await peer.answer(answer);
            this.ports.ready();
            if (!peer.connected) this.#later(CONNECT_MS);
        } catch {
            // Refused or the line is down: again after a pause; `resume` comes at once when the line is back.
            if (this.peer === peer) this.#later();
        }
    }

    #changed(peer: Peer, state: RTCPeerConnectionState) {
        if (this.peer !== peer || this.#closed) return;
        if (state === "connected") {
            this.#stopTimer();
            this.#attempt = 0;
            this.#mayRestart = true;
            this.state = "connected";
        } else if (state === "disconnected") {
            this.state = "interrupted";
            this.#later(PATIENCE_MS);
        } else if (state === "failed" || state === "closed") {
            this.state = "interrupted";
            this.#later(waitBefore(Math.max(1, this.#attempt), Math.random()));
        }
    }

    #later(wait = waitBefore(this.#attempt + 1, Math.random())) {
        if (this.#closed) return;
        this.#stopTimer();
        this.#timer = setTimeout(() => void this.#again(), wait);
    }

    #stopTimer() {
        if (this.#timer) clearTimeout(this.#timer);
        this.#timer = null;
    }

    async #read(): Promise<void> {
        const peer = this.peer;
        if (!peer?.connected) return;
        const stats = [...(await peer.stats()).values()];
        if (this.peer !== peer) return;
        const now = read(stats, performance.now());
        this.quality = quality(stats, this.#before, now);
        this.#before = now;
    }
}
