// One visit to a meeting: the thin reactive layer between socket, media and the model. The model decides
// what the meeting looks like; this class carries messages to it and the person's acts to the hub.

import type { ChatTo, ClientMessage, MediaWish, RefusalCode, Relay, SeatId, ServerMessage, View } from "../generated";
import { correct } from "../lib/clock";
import { toasts } from "../ui/toasts.svelte";
import { MediaLink } from "./media/link.svelte";
import type { LocalMedia } from "./media/local.svelte";
import { mustWait, turn } from "./model/floor";
import { own } from "./model/seats";
import { nextSpeaker, type Demand } from "./model/stage";
import { apply, empty, withoutMedia, type MeetingState } from "./model/state";
import { assign, changed } from "./model/view";
import { forget, keep, kept } from "./resume";
import { MeetingSocket, RefusedError } from "./socket";
import { t } from "./words";

/** Why there is no meeting on the screen any more. */
export type Over =
    | { why: "left" | "removed" | "denied" | "lost" | "takenOver" }
    | { why: "ended"; by: string | null; reason: "chair" | "cancelled" | "shutdown" }
    | { why: "refused"; code: RefusalCode };

export interface VisitOptions {
    meeting: string;
    guest: string | null;
    name: string | null;
    local: LocalMedia;
    /** Asked when the socket keeps failing: is the door shut for good, or is only the line bad? */
    checkDoor: () => Promise<RefusalCode | null>;
}

/** Refusals of `enter` that pass by themselves. */
const PASSING: RefusalCode[] = ["unavailable", "tooFast"];

export class Visit {
    state = $state.raw<MeetingState>(empty);
    phase = $state<"entering" | "waiting" | "in" | "over">("entering");
    over = $state.raw<Over | null>(null);
    position = $state(0);
    reconnecting = $state.raw<{ attempt: number; since: number } | null>(null);
    /** Last heartbeat's time there and back, ms. */
    delay = $state<number | null>(null);
    /** Who is large in *Người nói*. */
    speaker = $state<SeatId | null>(null);
    readChat = $state(0);
    /** The chair has just called this seat, and the person has not answered yet. */
    invited = $state(false);
    /** The unsent line of chat. */
    chatDraft = "";
    readonly local: LocalMedia;
    readonly link: MediaLink;
    readonly unreadChat = $derived(
        this.state.chat.filter((line) => line.number > this.readChat && line.from !== this.state.own).length,
    );

    #socket: MeetingSocket;
    #enterId = 0;
    /** Proof of the seat while the page lives; storage holds it for a reload. */
    #token: string | null;
    #relay: Relay | null = null;
    #view: View[] = [];
    #demands: readonly Demand[] = [];
    #viewTimer: ReturnType<typeof setTimeout> | null = null;
    #sentWish: MediaWish | null = null;
    #stop: () => void;

    constructor(private readonly options: VisitOptions) {
        this.local = options.local;
        this.#token = kept(options.meeting)?.token ?? null;
        this.link = new MediaLink(this.local, {
            offer: async (sdp) => {
                const answer = await this.#socket.request({ type: "offer", sdp });
                if (answer.type !== "answer") throw new Error("no answer");
                return answer.sdp;
            },
            relay: () => this.#relay,
            renewed: () => {
                this.state = withoutMedia(this.state);
                this.#view = [];
            },
            ready: () => this.#showNow(),
        });
        const scheme = location.protocol === "https:" ? "wss" : "ws";
        const guest = options.guest ? `?guest=${encodeURIComponent(options.guest)}` : "";
        const address = `${scheme}://${location.host}/api/meetings/${encodeURIComponent(options.meeting)}/socket${guest}`;
        this.#socket = new MeetingSocket(address, {
            opened: () => this.#enter(),
            message: (message) => this.#handle(message),
            lost: (attempt) => this.#lost(attempt),
            delay: (milliseconds) => (this.delay = Math.round(milliseconds)),
        });
        this.#stop = $effect.root(() => {
            $effect(() => this.#tellWish());
        });
        addEventListener("pagehide", this.#remember);
    }

    // ——— acts of the person ———

    /** Sends an act; a refusal is said in words and nothing else happens. */
    async act(message: ClientMessage): Promise<boolean> {
        try {
            await this.#socket.request(message);
            return true;
        } catch (error) {
            if (error instanceof RefusedError) toasts.show(refusalWords(error.code), { tone: "error" });
            return false;
        }
    }

    chat(to: ChatTo, text: string): Promise<boolean> {
        return this.act({ type: "chat", to, text });
    }

    async present(): Promise<void> {
        try {
            await this.local.present();
        } catch (error) {
            // Closing the browser's chooser is no failure worth words.
            if (!(error instanceof Error) || error.name !== "NotAllowedError")
                toasts.show(t("presentFailed"), { tone: "error" });
        }
    }

    leave() {
        this.#socket.send({ type: "leave" });
        this.#end({ why: "left" });
    }

    /** What the stage wants to draw, most important first. */
    show(demands: readonly Demand[]) {
        this.#demands = demands;
        this.#viewTimer ??= setTimeout(() => this.#showNow(), 120);
    }

    /** The page goes away; the seat stays for a minute. */
    close() {
        this.#remember();
        this.#tearDown();
    }

    // ——— signalling ———

    #wish(): MediaWish {
        const { tracks } = this.local;
        return { microphone: !!tracks.microphone, camera: !!tracks.camera, screen: !!tracks.screen };
    }

    #enter() {
        const media = this.#wish();
        this.#sentWish = media;
        this.#enterId = this.#socket.send({
            type: "enter",
            name: this.options.name ?? undefined,
            // A reloaded page has seen nothing yet: a number no meeting reaches asks for a snapshot.
            resume: this.#token
                ? { token: this.#token, lastEvent: this.state.meeting ? this.state.lastEvent : Number.MAX_SAFE_INTEGER }
                : undefined,
            media,
        });
    }

    #handle(message: ServerMessage) {
        if (message.type === "refused" && message.id === this.#enterId) return this.#refused(message.code);
        const before = this.state;
        this.state = apply(before, message);
        switch (message.type) {
            case "welcome":
                this.#relay = message.relay;
                return this.#welcome(message.resumeToken, message.serverTime);
            case "waiting":
                this.position = message.position;
                this.phase = "waiting";
                this.reconnecting = null;
                return this.#socket.entered();
            case "demand":
                if (message.kind === "camera") void this.link.peer?.need(message.layers);
                return;
            case "levels":
                this.speaker = nextSpeaker(this.state, this.speaker);
                return;
            case "event":
                if (message.event.type === "muted" && message.event.seat === this.state.own) {
                    const { kind } = message.event;
                    if (kind === "microphone" || kind === "camera") void this.local.switch(kind, false, false);
                    if (kind === "screen") this.local.stopPresenting();
                    // When the floor is taken back, the words of the floor say why.
                    if (kind !== "microphone" || this.state.meeting?.floor !== "called")
                        toasts.show(t(kind === "microphone" ? "mutedByChair" : "switchedOffByChair"));
                }
                this.#floorMoved(before);
                if (this.state.ended) this.#end({ why: "ended", ...this.state.ended });
                return;
            case "goodbye":
                return this.#end(message.reason ? { why: message.reason } : { why: "takenOver" });
            default:
        }
    }

    #welcome(token: string, serverTime: number) {
        correct(serverTime);
        this.#token = token;
        this.#remember();
        this.reconnecting = null;
        if (!this.state.meeting) {
            // Nothing to draw from: come in afresh, without the token.
            this.#token = null;
            return this.#socket.renew();
        }
        if (this.phase !== "in") this.readChat = this.state.lastEvent;
        this.phase = "in";
        if (mustWait(this.state)) void this.local.switch("microphone", false, false);
        this.#socket.entered();
        this.#view = [];
        this.link.resume();
    }

    #floorMoved(before: MeetingState) {
        const news = turn(before, this.state);
        if (news === "called") this.invited = true;
        if (news === "ended" || news === "closed") {
            this.invited = false;
            if (mustWait(this.state)) void this.local.switch("microphone", false, false);
        }
        if (news === "ended") toasts.show(t("floorTaken"));
        if (news === "closed") toasts.show(t("gatedHint"));
        if (news === "next") toasts.show(t("floorNext"));
    }

    #refused(code: RefusalCode) {
        if (!PASSING.includes(code)) this.#end({ why: "refused", code });
    }

    #lost(attempt: number) {
        this.reconnecting = { attempt, since: this.reconnecting?.since ?? performance.now() };
        this.link.pause();
        if (attempt >= 2) void this.options.checkDoor().then((code) => code && this.#end({ why: "refused", code }));
    }

    /** Tells the hub when the person's switches changed; the stage shows what the hub then sees arriving. */
    #tellWish() {
        const wish = this.#wish();
        const before = this.#sentWish;
        if (!before || this.phase !== "in") return;
        if (wish.microphone === before.microphone && wish.camera === before.camera && wish.screen === before.screen)
            return;
        this.#sentWish = wish;
        void this.#socket.request({ type: "media", media: wish }).catch((error: unknown) => {
            if (!(error instanceof RefusedError) || error.code === "disconnected") return;
            if (wish.screen && !before.screen) this.local.stopPresenting();
            toasts.show(refusalWords(error.code), { tone: "error" });
        });
    }

    #showNow() {
        if (this.#viewTimer) clearTimeout(this.#viewTimer);
        this.#viewTimer = null;
        if (this.phase !== "in" || this.reconnecting) return;
        const next = assign(this.#view, this.#demands);
        if (!changed(this.#view, next)) return;
        this.#view = next;
        this.#socket.send({ type: "view", slots: next });
    }

    readonly #remember = () => {
        if (this.#token && this.phase !== "over")
            keep(this.options.meeting, { token: this.#token, name: this.options.name, at: Date.now() });
    };

    #end(over: Over) {
        if (this.phase === "over") return;
        this.phase = "over";
        this.over = over;
        forget(this.options.meeting);
        this.#tearDown();
        this.local.close();
    }

    #tearDown() {
        removeEventListener("pagehide", this.#remember);
        if (this.#viewTimer) clearTimeout(this.#viewTimer);
        this.#stop();
        this.link.close();
        this.#socket.close();
    }

    /** The own seat, once inside. */
    get seat() {
        return own(this.state);
    }
}

/** The refusal in the words of the screens. */
export function refusalWords(code: RefusalCode | "disconnected"): string {
    return t(`refusal_${code}`);
}
