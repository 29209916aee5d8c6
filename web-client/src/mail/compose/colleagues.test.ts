import { describe, expect, it } from "vitest";
import { colleagues, type Answer } from "./colleagues";
import { warnings } from "./warnings";

const AGENCY = "stttt@qb.example";

const answer = (id: string, change: Partial<Answer>): Answer => ({
    id,
    keywords: {},
    from: [{ name: null, email: AGENCY }],
    inReplyTo: ["cv1@huyen"],
    receivedAt: "2026-11-25T03:00:00Z",
    ...change,
});
const hanh = { personId: "hanh", name: "Lê Thị Hạnh", at: "2026-11-25T02:00:00Z" };
const of = (letters: Answer[], me = "nam"): string[] =>
    colleagues(letters, ["cv1@huyen"], me, AGENCY).map((one) => `${one.name} ${one.sent ? "sent" : "writes"}`);

describe("colleagues at the same letter", () => {
    it("are those who write an answer and those who sent one, in the order of time", () => {
        const draft = answer("d", { keywords: { $draft: true }, writtenBy: { ...hanh, at: "2026-11-25T04:00:00Z" } });
        const sent = answer("s", { writtenBy: { ...hanh, personId: "tu", name: "Trần Tú" } });
        expect(of([draft, sent])).toEqual(["Trần Tú sent", "Lê Thị Hạnh writes"]);
    });

    it("do not include oneself, nor the people outside who write in the same conversation", () => {
        expect(of([answer("d", { writtenBy: hanh })], "hanh")).toEqual([]);
        expect(of([answer("x", { from: [{ name: null, email: "ubnd@huyen.example" }] })])).toEqual([]);
        expect(of([answer("x", { inReplyTo: ["another@huyen"], writtenBy: hanh })])).toEqual([]);
    });

    it("are known by the address where a mail program filed the answer without a name", () => {
        expect(of([answer("p", {})])).toEqual([`${AGENCY} sent`]);
    });

    it("are the first thing asked before a letter leaves", () => {
        const letter = { subject: "", text: "", to: [], cc: [], bcc: [], attachments: 0 };
        const [first] = colleagues([answer("d", { writtenBy: hanh })], ["cv1@huyen"], "nam", AGENCY);
        const found = warnings(letter, "qb.example", first ? [first] : []);
        expect(found.map((one) => one.kind)).toEqual(["colleague", "noSubject"]);
    });
});
