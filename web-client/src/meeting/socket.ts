// The resumable WebSocket of a visit: one frame counter, answers matched to requests, a heartbeat that
// notices a dead line, and reconnects that do not need anybody to do anything.

import type { ClientMessage, RefusalCode, ServerMessage } from "../generated";
import { dead, PING_EVERY_MS, waitBefore } from "./model/reconnect";

export class RefusedError extends Error {
    constructor(
        readonly code: RefusalCode | "disconnected",
        detail: string,
    ) {
        super(detail);
        this.name = "RefusedError";
    }
}

export interface SocketEvents {
    /** A fresh socket: the first message must be `enter`. */
    opened: () => void;
    message: (message: ServerMessage) => void;
    /** The line is gone; attempt number `attempt` follows by itself. */
    lost: (attempt: number) => void;
    delay: (milliseconds: number) => void;
}

/** A handshake that takes longer is given up: SYNs lost in an outage would hold it for many seconds. */
const HANDSHAKE_MS = 4000;

/** An `enter` that nobody answers for this long was lost: the call is made again. */
const ENTER_MS = 8000;
/** How often the line is looked at, between pings too. */
const WATCH_EVERY_MS = 500;

type Waiter = { resolve: (answer: ServerMessage) => void; reject: (error: RefusedError) => void };

export class MeetingSocket {
    #socket: WebSocket | null = null;
    #nextId = 1;
    /** Requests without an answer yet; bounded by what one page can click before a line is declared dead. */
    #waiters = new Map<number, Waiter>();
    #attempt = 0;
    #heard = 0;
    #pinged = 0;
    #opened = 0;
    #entered = false;
    #timer: ReturnType<typeof setTimeout> | null = null;
    #heartbeat: ReturnType<typeof setInterval> | null = null;
    #closed = false;
    readonly #online = () => this.#now();

    constructor(
        private readonly address: string,
        private readonly events: SocketEvents,
    ) {
        addEventListener("online", this.#online);
        this.#connect();
    }

    /** The hub accepted our `enter`: the next loss starts counting anew. */
    entered() {
        this.#attempt = 0;
        this.#entered = true;
    }

    /** Sends without waiting; on a dead line the message is dropped, for `enter` renews everything. */
    send(message: ClientMessage): number {
        const id = this.#nextId++;
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ id, ...message }));
        return id;
    }

    /** Sends and waits for `done` or `answer`; refusals and a lost line are errors. */
    request(message: ClientMessage): Promise<ServerMessage> {
        if (this.#socket?.readyState !== WebSocket.OPEN)
            return Promise.reject(new RefusedError("disconnected", "no connection"));
        const id = this.send(message);
        return new Promise((resolve, reject) => this.#waiters.set(id, { resolve, reject }));
    }

    /** Hangs up and calls again at once. */
    renew() {
        this.#drop();
        this.#connect();
    }

    /** No more attempts. */
    close() {
        this.#closed = true;
        removeEventListener("online", this.#online);
        if (this.#timer) clearTimeout(this.#timer);
        this.#drop();
    }

    #connect() {
        this.#timer = null;
        const socket = new WebSocket(this.address, "lienthong.v1");
        this.#socket = socket;
        const impatience = setTimeout(() => this.#lost(socket), HANDSHAKE_MS);
        socket.onopen = () => {
            clearTimeout(impatience);
            if (this.#socket !== socket) return;
            this.#heard = this.#opened = performance.now();
            this.#entered = false;
            this.#heartbeat = setInterval(() => this.#beat(socket), WATCH_EVERY_MS);
            this.events.opened();
        };
        socket.onmessage = (event) => {
            if (this.#socket === socket && typeof event.data === "string") this.#handle(event.data);
        };
        socket.onclose = () => {
            clearTimeout(impatience);
            this.#lost(socket);
        };
    }

    #beat(socket: WebSocket) {
        const now = performance.now();
        const ignored = !this.#entered && now - this.#opened > ENTER_MS;
        if (ignored || dead(this.#heard, now)) return this.#lost(socket);
        if (now - this.#pinged < PING_EVERY_MS) return;
        this.#pinged = now;
        this.send({ type: "ping", sentAt: now });
    }

    #handle(text: string) {
        this.#heard = performance.now();
        let message: ServerMessage;
        try {
            message = JSON.parse(text) as ServerMessage;
        } catch {
            return;
        }
        if (message.type === "pong") return this.events.delay(performance.now() - message.sentAt);
        if (message.type === "done" || message.type === "answer") this.#take(message.id)?.resolve(message);
        if (message.type === "refused")
            this.#take(message.id)?.reject(new RefusedError(message.code, message.detail));
        this.events.message(message);
    }

    #take(id: number): Waiter | undefined {
        const waiter = this.#waiters.get(id);
        this.#waiters.delete(id);
        return waiter;
    }

    #lost(socket: WebSocket) {
        if (this.#socket !== socket) return;
        this.#drop();
        if (this.#closed) return;
        this.#attempt += 1;
        this.events.lost(this.#attempt);
        this.#timer = setTimeout(() => this.#connect(), waitBefore(this.#attempt, Math.random()));
    }

    /** The system says the network is back: no reason to wait out the pause. */
    #now() {
        if (this.#closed || !this.#timer) return;
        clearTimeout(this.#timer);
        this.#connect();
    }

    #drop() {
        const socket = this.#socket;
        this.#socket = null;
        if (this.#heartbeat) clearInterval(this.#heartbeat);
        this.#heartbeat = null;
        socket?.close();
        for (const waiter of this.#waiters.values())
            waiter.reject(new RefusedError("disconnected", "connection lost"));
        this.#waiters.clear();
    }
}
