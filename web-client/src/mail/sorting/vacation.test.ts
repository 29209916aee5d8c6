import { describe, expect, it } from "vitest";
import { changeOf, faultOf, formOf, type VacationForm } from "./vacation";

const form: VacationForm = { enabled: true, from: "30/11/2026", to: "04/12/2026", subject: "", text: "Tôi đi công tác." };
const now = Date.parse("2026-11-25T08:00:00+07:00") * 1000;

describe("the answer of who is away", () => {
    it("holds from the first day's first moment to the last day's last", () => {
        const change = changeOf(form);
        expect([change.fromDate, change.toDate]).toEqual(["2026-11-29T17:00:00Z", "2026-12-04T17:00:00Z"]);
        expect(change.subject).toBeNull();
        expect(formOf({ id: "singleton", ...change })).toEqual(form);
    });

    it("may begin at once and last until it is switched off", () => {
        const change = changeOf({ ...form, from: "", to: "" });
        expect([change.fromDate, change.toDate]).toEqual([null, null]);
    });

    it("needs a text and days that lie ahead", () => {
        expect(faultOf(form, now)).toBeNull();
        expect(faultOf({ ...form, text: " " }, now)).toBe("textMissing");
        expect(faultOf({ ...form, to: "29/11/2026" }, now)).toBe("daysReversed");
        expect(faultOf({ ...form, to: "30/11/2026" }, now)).toBeNull();
        expect(faultOf({ ...form, from: "", to: "24/11/2026" }, now)).toBe("over");
        expect(faultOf({ ...form, from: "", to: "25/11/2026" }, now)).toBeNull();
        expect(faultOf({ ...form, from: "31/02/2026" }, now)).toBe("dayWrong");
        expect(faultOf({ ...form, to: "mai" }, now)).toBe("lastDayWrong");
        expect(faultOf({ ...form, enabled: false, text: "" }, now)).toBeNull();
    });
});
