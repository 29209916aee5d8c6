import { describe, expect, it } from "vitest";
import { dateText, dayOf, minutesOf, parseDate, parseTime, startOf, weekNumber, weekday } from "./days";
import { blank, faults, times } from "./form";
import { canEnter, hoursOf, inCell, next, sections, type Timed } from "./schedule";

/** A moment in Vietnam. */
const at = (text: string): number => Date.parse(`${text}:00+07:00`);
const meeting = (id: string, from: string, to: string, change: Partial<Timed> = {}): Timed => ({
    id,
    startsAt: at(from),
    endsAt: at(to),
    ended: false,
    cancelled: false,
    ...change,
});

describe("days of Vietnam", () => {
    it("begin at midnight in Vietnam, weeks on Monday", () => {
        expect(dayOf(at("2026-11-23T00:00"))).toBe(dayOf(at("2026-11-23T23:59")));
        expect(dayOf(at("2026-11-22T23:59"))).toBe(dayOf(at("2026-11-23T00:00")) - 1);
        expect(weekday(dayOf(at("2026-11-23T08:00")))).toBe(0);
        expect(minutesOf(at("2026-11-23T08:30"))).toBe(510);
        expect(weekNumber(dayOf(at("2026-11-23T08:00")))).toEqual({ week: 48, year: 2026 });
        expect(weekNumber(dayOf(at("2027-01-01T08:00")))).toEqual({ week: 53, year: 2026 });
    });

    it("read dates and times as people write them", () => {
        expect(dateText(parseDate("1/3/2026") ?? 0)).toBe("01/03/2026");
        expect(dateText(parseDate("01.03.26") ?? 0)).toBe("01/03/2026");
        expect(parseDate("30/02/2026")).toBeNull();
        expect(["8:05", "8h", "8h30", "0830", "8", "24:00", "8:61", "x"].map(parseTime)).toEqual([
            485,
            480,
            510,
            510,
            480,
            null,
            null,
            null,
        ]);
    });
});

describe("the schedule", () => {
    const now = at("2026-11-23T07:50");
    const list = [
        meeting("next week", "2026-12-01T08:00", "2026-12-01T09:00"),
        meeting("friday", "2026-11-27T08:00", "2026-11-27T09:00"),
        meeting("tomorrow", "2026-11-24T08:00", "2026-11-24T09:00"),
        meeting("afternoon", "2026-11-23T14:00", "2026-11-23T15:00"),
        meeting("soon", "2026-11-23T08:00", "2026-11-23T09:00"),
        meeting("yesterday", "2026-11-22T08:00", "2026-11-22T09:00"),
        meeting("off", "2026-11-23T08:00", "2026-11-23T09:00", { cancelled: true }),
    ];

    it("groups by what a person asks: now, today, tomorrow, this week, coming", () => {
        const shown = sections(list, now).map(
            (group) => `${group.section}: ${group.meetings.map((m) => m.id).join(", ")}`,
        );
        expect(shown).toEqual([
            "now: soon",
            "today: off, afternoon",
            "tomorrow: tomorrow",
            "thisWeek: friday",
            "coming: next week",
            "past: yesterday",
        ]);
        expect(next(list, now)?.id).toBe("soon");
    });

    it("opens the door 15 minutes before, keeps it open while a meeting runs over, not once ended", () => {
        const soon = meeting("m", "2026-11-23T08:00", "2026-11-23T09:00");
        expect(canEnter(soon, at("2026-11-23T07:44"))).toBe(false);
        expect(canEnter(soon, at("2026-11-23T07:45"))).toBe(true);
        expect(canEnter(soon, at("2026-11-23T09:30"))).toBe(true);
        expect(canEnter(soon, at("2026-11-23T11:00"))).toBe(false);
        expect(canEnter({ ...soon, ended: true }, at("2026-11-23T08:30"))).toBe(false);
        expect(canEnter({ ...soon, cancelled: true }, at("2026-11-23T08:30"))).toBe(false);
    });

    it("puts each meeting of the week in the cell of its day and hour, early and late ones too", () => {
        expect(hoursOf(list)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
        expect(hoursOf([meeting("m", "2026-11-23T05:30", "2026-11-23T06:00")])[0]).toBe(5);
        expect(inCell(list, dayOf(now), 8).map((m) => m.id)).toEqual(["soon", "off"]);
    });
});

describe("the meeting form", () => {
    const now = at("2026-11-23T07:50");

    it("starts at the next half hour", () => {
        expect(blank(now)).toMatchObject({ date: "23/11/2026", time: "08:00", duration: 60 });
        expect(blank(at("2026-11-23T23:40"))).toMatchObject({ date: "24/11/2026", time: "00:00" });
    });

    it("says everything that is missing, the confirmation on secrets included", () => {
        expect(faults(blank(now), now)).toEqual(["title", "invited", "notSecret"]);
        expect(faults({ ...blank(now), date: "31/02/2026", time: "25:00" }, now)).toContain("date");
        expect(faults({ ...blank(now), date: "22/11/2026" }, now)).toContain("past");
    });

    it("understands what was typed in Vietnam time", () => {
        const form = { ...blank(now), date: "24/11/2026", time: "8h30", duration: 90 };
        expect(times(form)).toEqual({ startsAt: at("2026-11-24T08:30"), endsAt: at("2026-11-24T10:00") });
        expect(startOf(dayOf(at("2026-11-24T08:30")))).toBe(at("2026-11-24T00:00"));
    });
});
