import { expect, test } from "vitest";
import { emptyForm, faultOf, requestOf } from "./delegation";

const person = { kind: "person", id: "p", name: "Trần Thị Dung", detail: "", address: "dung@x.example" } as const;
const NOON = Date.UTC(2026, 10, 25, 5) * 1000;

test("a right lasts to the end of its last day, in the hub's zone", () => {
    const form = { ...emptyForm(), person, from: "26/11/2026", to: "30/11/2026" };
    expect(faultOf(form, NOON)).toBeNull();
    expect(requestOf(form)).toEqual({
        person: "p",
        sending: "onBehalf",
        from: Date.UTC(2026, 10, 25, 17) * 1000,
        until: Date.UTC(2026, 10, 30, 17) * 1000,
    });
    expect(requestOf({ ...form, from: "", to: "" })).toEqual({ person: "p", sending: "onBehalf" });
});

test("what keeps a right from being given is named", () => {
    const form = { ...emptyForm(), person };
    expect(faultOf(emptyForm(), NOON)).toBe("personMissing");
    expect(faultOf({ ...form, from: "mai" }, NOON)).toBe("dayWrong");
    expect(faultOf({ ...form, to: "31/02/2027" }, NOON)).toBe("lastDayWrong");
    expect(faultOf({ ...form, from: "30/11/2026", to: "26/11/2026" }, NOON)).toBe("daysReversed");
    expect(faultOf({ ...form, to: "24/11/2026" }, NOON)).toBe("over");
    expect(faultOf({ ...form, to: "25/11/2026" }, NOON)).toBeNull();
});
