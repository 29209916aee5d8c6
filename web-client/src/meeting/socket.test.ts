import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MeetingSocket, RefusedError } from "./socket";

/** A socket whose other end the test plays. */
class FakeSocket extends EventTarget {
    static readonly OPEN = 1;
    static all: FakeSocket[] = [];
    readyState = 0;
    sent: Record<string, unknown>[] = [];
    onopen: (() => void) | null = null;
    onclose: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    constructor(readonly address: string) {
        super();
        FakeSocket.all.push(this);
    }
    open() {
        this.readyState = 1;
        this.onopen?.();
    }
    send(text: string) {
        this.sent.push(JSON.parse(text) as Record<string, unknown>);
    }
    say(message: object) {
        this.onmessage?.({ data: JSON.stringify(message) });
    }
    close() {
        this.readyState = 3;
    }
    static get last(): FakeSocket {
        const socket = FakeSocket.all.at(-1);
        if (!socket) throw new Error("no socket was made");
        return socket;
    }
}

const system = new EventTarget();
const events = { opened: vi.fn(), message: vi.fn(), lost: vi.fn(), delay: vi.fn() };
let socket: MeetingSocket;

beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0);
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("addEventListener", system.addEventListener.bind(system));
    vi.stubGlobal("removeEventListener", system.removeEventListener.bind(system));
    for (const spy of Object.values(events)) spy.mockReset();
    socket = new MeetingSocket("ws://hub", events);
    FakeSocket.last.open();
    socket.entered();
});
afterEach(() => {
    socket.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
});

describe("a line that dies", () => {
    test("is noticed after five silent seconds and called again 0.2 s later", () => {
        vi.advanceTimersByTime(4900);
        expect(events.lost).not.toHaveBeenCalled();
        vi.advanceTimersByTime(100);
        expect(events.lost).toHaveBeenCalledWith(1);
        expect(FakeSocket.all).toHaveLength(1);
        vi.advanceTimersByTime(200);
        expect(FakeSocket.all).toHaveLength(2);
    });
    test("lives as long as it answers pings, sent every two seconds", () => {
        for (let second = 0; second < 20; second += 2) {
            vi.advanceTimersByTime(2000);
            FakeSocket.last.say({ type: "pong", sentAt: performance.now() - 40, serverTime: 0 });
        }
        expect(events.lost).not.toHaveBeenCalled();
        expect(events.delay).toHaveBeenLastCalledWith(40);
        expect(FakeSocket.last.sent.filter((frame) => frame.type === "ping")).toHaveLength(10);
    });
    test("is tried at growing distances, and at once when the network is back", () => {
        const waits: number[] = [];
        for (const wait of [200, 1000, 2000, 4000]) {
            FakeSocket.last.onclose?.();
            const before = FakeSocket.all.length;
            vi.advanceTimersByTime(wait - 1);
            if (FakeSocket.all.length === before) waits.push(wait);
            vi.advanceTimersByTime(1);
            expect(FakeSocket.all).toHaveLength(before + 1);
        }
        expect(waits).toEqual([200, 1000, 2000, 4000]);
        FakeSocket.last.onclose?.();
        const before = FakeSocket.all.length;
        system.dispatchEvent(new Event("online"));
        expect(FakeSocket.all).toHaveLength(before + 1);
    });
    test("a handshake that hangs is given up", () => {
        FakeSocket.last.onclose?.();
        vi.advanceTimersByTime(200);
        vi.advanceTimersByTime(4000);
        expect(events.lost).toHaveBeenLastCalledWith(2);
    });
    test("an entry that nobody answers is made again", () => {
        FakeSocket.last.onclose?.();
        vi.advanceTimersByTime(200);
        FakeSocket.last.open();
        for (let second = 0; second < 9; second++) {
            vi.advanceTimersByTime(1000);
            FakeSocket.last.say({ type: "pong", sentAt: 0, serverTime: 0 });
        }
        expect(events.lost).toHaveBeenLastCalledWith(2);
    });
    test("closing on purpose is final", () => {
        socket.close();
        vi.advanceTimersByTime(60_000);
        expect(FakeSocket.all).toHaveLength(1);
    });
});

describe("requests", () => {
    test("are matched with their answers by number", async () => {
        const first = socket.request({ type: "hand", raised: true });
        const second = socket.request({ type: "muteAll" });
        const [a, b] = FakeSocket.last.sent.map((frame) => frame.id);
        FakeSocket.last.say({ type: "refused", id: b, code: "forbidden", detail: "not the chair" });
        FakeSocket.last.say({ type: "done", id: a });
        await expect(first).resolves.toEqual({ type: "done", id: a });
        await expect(second).rejects.toMatchObject({ code: "forbidden" });
    });
    test("fail when the line goes, so that nothing seems done that was not", async () => {
        const request = socket.request({ type: "chat", to: "all", text: "Đã rõ." });
        FakeSocket.last.onclose?.();
        await expect(request).rejects.toBeInstanceOf(RefusedError);
        await expect(socket.request({ type: "muteAll" })).rejects.toMatchObject({ code: "disconnected" });
    });
    test("unreadable frames are ignored", () => {
        FakeSocket.last.onmessage?.({ data: "{" });
        expect(events.message).not.toHaveBeenCalled();
    });
});
