import { describe, expect, it } from "vitest";
import { EVERYTHING, filterOf, pieces } from "./search";

describe("a search", () => {
    const now = new Date("2021-03-31T01:00:00.000Z");

    it("asks for its words alone until it is narrowed", () => {
        expect(filterOf("báo cáo", EVERYTHING, now)).toEqual({ text: "báo cáo" });
        const narrow = { from: " stttt ", files: true, days: 7, newest: true };
        expect(filterOf("báo cáo", narrow, now)).toEqual({
            text: "báo cáo",
            from: "stttt",
            hasAttachment: true,
            after: "2021-03-24T01:00:00Z",
        });
    });

    it("shows the place found as text, whatever stands there", () => {
        expect(pieces("gửi &lt;b&gt;<mark>Báo cáo</mark> &amp;lt; quý")).toEqual([
            { text: "gửi <b>", found: false },
            { text: "Báo cáo", found: true },
            { text: " &lt; quý", found: false },
        ]);
        expect(pieces("")).toEqual([]);
    });
});
