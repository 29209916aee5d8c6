import { describe, expect, test } from "vitest";
import * as format from "./format";

/** Local time of the hub's zone, UTC+7. */
const at = (text: string) => Date.parse(`${text}+07:00`) * 1000;

describe("dates in house style", () => {
    const moment = at("2021-03-31T15:30:00");
    test("compact, in a sentence, by day", () => {
        expect(format.dateTime(moment)).toBe("15:30 31/03/2021");
        expect(format.dateTimeSentence(moment)).toBe("15:30 ngày 31/03/2021");
        expect(format.weekday(moment)).toBe("Thứ Tư");
        expect(format.weekday(moment, "en")).toBe("Wednesday");
        expect(format.weekdayShort(at("2021-04-04T00:00:00"))).toBe("CN");
        expect(format.dayHeading(at("2021-03-29T00:00:00"))).toBe("Thứ Hai, 29/03");
    });
    test("documents pad days below 10 and months 1 and 2 only", () => {
        expect(format.documentDate(at("2021-01-05T09:00:00"))).toBe("ngày 05 tháng 01 năm 2021");
        expect(format.documentDate(at("2021-03-15T09:00:00"))).toBe("ngày 15 tháng 3 năm 2021");
        expect(format.invitationDate(at("2016-09-13T08:00:00"))).toBe(
            "08 giờ 00 phút, ngày 13 tháng 9 năm 2016 (thứ Ba)",
        );
    });
    test("the day changes at midnight of the zone, not of UTC or of this machine", () => {
        expect(format.date(at("2021-03-31T23:59:59"))).toBe("31/03/2021");
        expect(format.date(at("2021-04-01T00:00:00"))).toBe("01/04/2021");
        const now = at("2021-04-01T00:30:00");
        expect(format.nearDay(at("2021-03-31T23:30:00"), now)).toBe("Hôm qua");
        expect(format.nearDay(now, now)).toBe("Hôm nay");
        expect(format.nearDay(at("2021-04-02T23:00:00"), now)).toBe("Ngày mai");
        expect(format.nearDay(at("2021-04-03T00:00:00"), now)).toBeNull();
        expect(format.nearDay(at("2021-03-29T00:00:00"), now)).toBeNull();
    });
    test("relative times", () => {
        expect(format.ago(moment, moment + 30e6)).toBe("Vừa xong");
        expect(format.ago(moment, moment + 600e6)).toBe("10 phút trước");
        expect(format.ago(moment, moment + 3 * 3600e6)).toBe("3 giờ trước");
        expect(format.ago(moment, moment + 30 * 3600e6)).toBe("15:30 31/03/2021");
        expect(format.elapsed(2_530_000)).toBe("00:42:10");
    });
});

describe("numbers in house style", () => {
    test.each([
        [1234567.5, 1, "1.234.567,5"],
        [999, 1, "999"],
        [1000, 0, "1.000"],
        [-1234.56, 1, "-1.234,6"],
        [0.04, 1, "0"],
        [12.3456, 3, "12,346"],
    ])("%d with %d decimals is %s", (value, decimals, text) => expect(format.number(value, decimals)).toBe(text));
    test("percent, bytes, English", () => {
        expect(format.percent(94.5)).toBe("94,5%");
        expect(format.bytes(25_400_000)).toBe("25,4 MB");
        expect(format.bytes(999)).toBe("999 B");
        expect(format.bytes(999_960)).toBe("1 MB");
        expect(format.number(1234567.5, 1, "en")).toBe("1,234,567.5");
    });
});

describe("names", () => {
    test("initials are of middle and given name", () => {
        expect(format.initials("Trần Thị Mỹ Hạnh")).toBe("MH");
        expect(format.initials("Nguyễn Đức")).toBe("NĐ");
        expect(format.initials(" ")).toBe("");
    });
    test("folding finds names without marks, đ included, wherever the tone mark stands", () => {
        expect(format.fold("Đồng Hới")).toBe("dong hoi");
        expect(format.fold("Minh Hóa")).toBe(format.fold("Minh Hoá"));
    });
});
