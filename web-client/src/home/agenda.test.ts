import { expect, test } from "vitest";
import type { MeetingSummary } from "../generated";
import { agenda, mayJoin } from "./agenda";

const at = (time: string, day = "23") => Date.parse(`2026-11-${day}T${time}:00+07:00`) * 1000;
const meeting = (id: string, start: number, status: MeetingSummary["status"] = "scheduled"): MeetingSummary => ({
    id,
    title: id,
    chair: "",
    organiser: "",
    startsAt: start,
    endsAt: start + 3600e6,
    status,
    room: null,
    present: 0,
    mayEdit: false,
});

test("the door opens fifteen minutes before and closes with the meeting", () => {
    const one = meeting("a", at("08:00"));
    expect(mayJoin(one, at("07:44"))).toBe(false);
    expect(mayJoin(one, at("07:45"))).toBe(true);
    expect(mayJoin(one, at("09:01"))).toBe(false);
    expect(mayJoin({ ...one, status: "live" }, at("11:00"))).toBe(true);
    expect(mayJoin({ ...one, status: "cancelled" }, at("08:00"))).toBe(false);
});

test("a live meeting stands before the next planned one; tomorrow is not today", () => {
    const list = [
        meeting("tomorrow", at("08:00", "24")),
        meeting("next", at("10:00")),
        meeting("live", at("08:00"), "live"),
        meeting("over", at("07:00"), "ended"),
    ];
    const plan = agenda(list, at("09:50"));
    expect(plan.next?.id).toBe("live");
    expect(plan.today.map((one) => one.id)).toEqual(["over", "next"]);
    expect(plan.coming.map((one) => one.id)).toEqual(["tomorrow"]);
});

test("without a live one the nearest to come is next", () => {
    const plan = agenda([meeting("late", at("15:00")), meeting("soon", at("10:00"))], at("08:00"));
    expect(plan.next?.id).toBe("soon");
});
