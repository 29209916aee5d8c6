import { describe, expect, test } from "vitest";
import type { MeetingView, View } from "../../generated";
import { reached } from "./faces";
import { meeting, seat, snapshot } from "./fixture";
import { floor, mustWait, turn } from "./floor";
import { DEAD_AFTER_MS, dead, waitBefore } from "./reconnect";
import { hands, microphoneSign, present, speaking, waiting } from "./seats";
import { grid, nextSpeaker, paged, stage, type Demand } from "./stage";
import { apply, empty, withoutMedia, type MeetingState } from "./state";
import { assign, changed } from "./view";

const ids = (seats: { id: string }[]) => seats.map((one) => one.id);
const loud = (state: MeetingState, ...levels: [string, number][]) =>
    apply(state, { type: "levels", levels: levels.map(([who, level]) => ({ seat: who, level })) });
const event = (state: MeetingState, number: number, what: Parameters<typeof seat>[1]) =>
    apply(state, { type: "event", number, at: 0, event: { type: "seat", seat: seat("b", what) } });

describe("state", () => {
    const start = meeting("a", [seat("a"), seat("b")]);
    test("events change it once, however often they come", () => {
        const renamed = event(start, 11, { name: "Bà Lan" });
        expect(renamed.seats.get("b")?.name).toBe("Bà Lan");
        expect(event(renamed, 11, { name: "stale" }).seats.get("b")?.name).toBe("Bà Lan");
        expect(renamed.lastEvent).toBe(11);
    });
    test("a gap in numbers is not an error: those events are not for this seat", () => {
        expect(event(start, 15, { connected: false }).seats.get("b")?.connected).toBe(false);
    });
    test("resuming without a snapshot keeps what is known", () => {
        const back = apply(start, {
            type: "welcome",
            seat: "a",
            resumeToken: "t",
            serverTime: 0,
            build: "",
            relay: null,
            snapshot: null,
        });
        expect(ids(present(back))).toEqual(["a", "b"]);
    });
    test("a fresh snapshot replaces all, even with lower numbers after a restart of the hub", () => {
        const later = event(start, 500, {});
        const fresh = apply(later, { type: "snapshot", ...snapshot([seat("a")], 3) });
        expect(fresh.seats.has("b")).toBe(false);
        expect(event(fresh, 4, {}).seats.has("b")).toBe(true);
    });
    test("leaving, the end, and a new connection's empty slots", () => {
        const left = apply(start, { type: "event", number: 11, at: 0, event: { type: "left", seat: "b", reason: "left" } });
        expect(ids(present(left))).toEqual(["a"]);
        const over = apply(start, { type: "event", number: 11, at: 0, event: { type: "ended", reason: "chair", by: "A" } });
        expect(over.ended).toEqual({ reason: "chair", by: "A" });
        const slotted = apply(start, {
            type: "slot",
            kind: "video",
            slot: 3,
            source: { seat: "b", kind: "camera" },
            rtpTimestamp: 7,
            saving: true,
        });
        expect(slotted.videoSlots[3]).toEqual({
            source: { seat: "b", kind: "camera" },
            rtpTimestamp: 7,
            saving: true,
        });
        expect(slotted.videoSlots[0]?.source).toBeNull();
        expect(withoutMedia(slotted).videoSlots).toEqual([]);
    });
    test("an unknown message changes nothing", () => {
        expect(apply(empty, { type: "done", id: 1 })).toBe(empty);
    });
});

describe("seats", () => {
    const state = meeting("a", [
        seat("late", { order: 30, joinedAt: 9 }),
        seat("a", { order: 90 }),
        seat("chair", { order: 50, role: "chair" }),
        seat("early", { order: 30, joinedAt: 1, handRaisedAt: 5 }),
        seat("guest", { waiting: true, role: "guest" }),
        seat("second", { order: 60, handRaisedAt: 4 }),
    ]);
    test("the chair first, then protocol order, then who came first", () => {
        expect(ids(present(state))).toEqual(["chair", "early", "late", "second", "a"]);
    });
    test("hands stand in the order they went up; guests at the door are not in", () => {
        expect(ids(hands(state))).toEqual(["second", "early"]);
        expect(ids(waiting(state))).toEqual(["guest"]);
    });
    test("a microphone that is not forwarded never looks like a speaker", () => {
        const one = loud(meeting("a", [seat("b", { media: { microphone: "gated", camera: "off", screen: "off" } }), seat("c")]), ["b", 10], ["c", 30], ["a", 90]);
        expect([...speaking(one)]).toEqual(["c"]);
        expect(microphoneSign("gated")).toBe("gated");
        expect(microphoneSign("sending")).toBeNull();
    });
});

describe("stage", () => {
    const three = meeting("a", [seat("a", { order: 1 }), seat("b", { order: 2 }), seat("c", { order: 3 })]);
    const order = (state: MeetingState, speaker: string | null) =>
        ids(stage(state, "grid", speaker).tiles.map((tile) => tile.seat));
    test("tiles never move because somebody speaks", () => {
        expect(order(loud(three, ["c", 5]), "c")).toEqual(["a", "b", "c"]);
    });
    test("the speaker is enlarged and the others keep their order", () => {
        const plan = stage(three, "speaker", "b");
        expect(plan.main?.seat.id).toBe("b");
        expect(ids(plan.tiles.map((tile) => tile.seat))).toEqual(["a", "c"]);
    });
    test("a presentation stands large with all faces beside it, and falls back when it stops", () => {
        const shown = meeting("a", [
            seat("a"),
            seat("b", { media: { microphone: "off", camera: "off", screen: "sending" } }),
        ]);
        expect(stage(shown, "presentation", null).main).toMatchObject({ kind: "screen", seat: { id: "b" } });
        expect(stage(three, "presentation", null).layout).toBe("grid");
    });
    test("who spoke last stays large through pauses; a cough of another does not take over mid-sentence", () => {
        expect(nextSpeaker(loud(three, ["b", 30]), null)).toBe("b");
        expect(nextSpeaker(loud(three), "b")).toBe("b");
        expect(nextSpeaker(loud(three, ["c", 5], ["b", 40]), "b")).toBe("b");
        expect(nextSpeaker(loud(three, ["c", 5]), "b")).toBe("c");
        expect(nextSpeaker(loud(three, ["a", 5]), null)).toBeNull();
        expect(nextSpeaker(loud(three), "gone")).toBeNull();
    });
    test.each([
        [1, 1366, 620, 1, 1],
        [2, 1366, 620, 2, 1],
        [4, 1366, 620, 2, 2],
        [6, 1366, 620, 3, 2],
        [2, 360, 600, 1, 2],
        [6, 360, 600, 2, 3],
    ])("%d tiles in %d×%d stand in %d columns, %d rows", (count, width, height, columns, rows) => {
        expect(grid(count, width, height)).toEqual({ columns, rows });
    });
    test("pages stay in range when people leave", () => {
        expect(paged([1, 2, 3, 4, 5], 9, 2)).toEqual({ tiles: [5], page: 2, pages: 3 });
        expect(paged([], 3, 2)).toEqual({ tiles: [], page: 0, pages: 1 });
    });
});

describe("view", () => {
    const want = (who: string, height = 360): Demand => ({ source: { seat: who, kind: "camera" }, height });
    const slotOf = (views: readonly View[], who: string) => views.find((view) => view.source.seat === who)?.slot;
    test("who stays on the screen stays in the slot", () => {
        const first = assign([], [want("a"), want("b"), want("c")]);
        const next = assign(first, [want("c"), want("d"), want("a")]);
        expect(slotOf(next, "a")).toBe(slotOf(first, "a"));
        expect(slotOf(next, "c")).toBe(slotOf(first, "c"));
        expect(slotOf(next, "d")).toBe(slotOf(first, "b"));
    });
    test("the most important fill the slots; one source needs one slot at its larger height", () => {
        const many = Array.from({ length: 20 }, (_, at) => want(`s${at}`));
        expect(assign([], many)).toHaveLength(12);
        const twice = assign([], [want("a", 100), want("a", 700)]);
        expect(twice).toEqual([{ slot: 0, source: { seat: "a", kind: "camera" }, height: 720 }]);
    });
    test("the hub hears what is most important first, wherever it stands", () => {
        const first = assign([], [want("a"), want("b")]);
        const next = assign(first, [want("b"), want("a")]);
        expect(next.map((view) => view.source.seat)).toEqual(["b", "a"]);
        expect(slotOf(next, "b")).toBe(1);
        expect(changed(first, next)).toBe(true);
    });
    test("small changes of size are not worth a message", () => {
        const before = assign([], [want("a", 330)]);
        expect(changed(before, assign(before, [want("a", 350)]))).toBe(false);
        expect(changed(before, assign(before, [want("a", 700)]))).toBe(true);
        expect(changed(before, assign(before, []))).toBe(true);
    });
});

describe("reconnecting", () => {
    test("waits 0.2, 1, 2, 4, 8, 8 … seconds, spread by a fifth", () => {
        expect([1, 2, 3, 4, 5, 6, 50].map((attempt) => waitBefore(attempt, 0))).toEqual([
            200, 1000, 2000, 4000, 8000, 8000, 8000,
        ]);
        expect(waitBefore(5, 1)).toBe(9600);
    });
    test("five silent seconds are a dead line", () => {
        expect(dead(1000, 1000 + DEAD_AFTER_MS - 1)).toBe(false);
        expect(dead(1000, 1000 + DEAD_AFTER_MS)).toBe(true);
    });
});

describe("the floor", () => {
    const two = () => meeting("me", [seat("me"), seat("chair", { role: "chair" }), seat("x", { handRaisedAt: 2 })]);
    const facts = (state: MeetingState, change: Partial<MeetingView>): MeetingState => ({
        ...state,
        meeting: state.meeting && { ...state.meeting, ...change },
    });
    test("who asked first prepares, the others wait in order", () => {
        const state = meeting("me", [
            seat("a", { handRaisedAt: 3 }),
            seat("b", { handRaisedAt: 1 }),
            seat("c", { handRaisedAt: 2 }),
        ]);
        const shown = floor(facts(state, { called: "c", calledAt: 9 }));
        expect([shown.speaking?.id, shown.next?.id, shown.waiting.map((one) => one.id)]).toEqual(["c", "b", ["a"]]);
        expect(floor(facts(state, { called: "gone", calledAt: 9 })).speaking).toBe(null);
    });
    test("on a called floor only who leads and who was called is heard", () => {
        const called = facts(two(), { floor: "called" });
        expect(mustWait(two())).toBe(false);
        expect(mustWait(called)).toBe(true);
        expect(mustWait(facts(called, { called: "me" }))).toBe(false);
        expect(mustWait({ ...called, own: "chair" })).toBe(false);
    });
    test("a person is told when his turn comes, is next, and ends", () => {
        const closed = facts(two(), { floor: "called" });
        const mine = facts(closed, { called: "me" });
        expect(turn(two(), closed)).toBe("closed");
        expect(turn(closed, mine)).toBe("called");
        expect(turn(mine, mine)).toBe(null);
        expect(turn(mine, closed)).toBe("ended");
        const other = facts({ ...closed, own: "x" }, { called: "me" });
        expect(turn({ ...closed, own: "x" }, other)).toBe("next");
    });
});

test("a face is uncovered at its first frame, also across the wrap of the timestamp", () => {
    expect(reached(1000, 1000)).toBe(true);
    expect(reached(999, 1000)).toBe(false);
    expect(reached(5, 0xffff_fff0)).toBe(true);
    expect(reached(0xffff_fff0, 5)).toBe(false);
});
