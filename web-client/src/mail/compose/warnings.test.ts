import { describe, expect, it } from "vitest";
import { fromJmap, isOutside, merge, parse, recipient } from "./addresses";
import { MAX_ATTACHMENTS, obstacle, warnings, type Outgoing } from "./warnings";

const letter = (change: Partial<Outgoing>): Outgoing => ({
    subject: "Báo cáo",
    text: "Kính gửi",
    to: [recipient("a@qb.example")],
    cc: [],
    bcc: [],
    attachments: 0,
    ...change,
});

const kinds = (change: Partial<Outgoing>): string[] => warnings(letter(change), "qb.example").map((one) => one.kind);

describe("before sending", () => {
    it("an ordinary letter inside the hub goes without a question", () => {
        expect(kinds({})).toEqual([]);
    });

    it("asks about a missing subject", () => {
        expect(kinds({ subject: "  " })).toEqual(["noSubject"]);
    });

    it('asks about a forgotten file, however "đính kèm" was typed', () => {
        expect(kinds({ text: "Xem tệp Đính Kèm." })).toEqual(["forgottenAttachment"]);
        expect(kinds({ text: "xem tep dinh kem" })).toEqual(["forgottenAttachment"]);
        expect(kinds({ text: "Xem tệp đính kèm.", attachments: 1 })).toEqual([]);
        expect(kinds({ text: "Xem tệp \u0111i\u0301nh ke\u0300m" })).toEqual(["forgottenAttachment"]);
    });

    it("asks above fifty recipients, hidden ones counted", () => {
        const many = Array.from({ length: 50 }, (_, index) => recipient(`p${index}@qb.example`));
        expect(kinds({ to: many })).toEqual([]);
        expect(kinds({ to: many, bcc: [recipient("b@qb.example")] })).toEqual(["manyRecipients"]);
    });

    it("names the addresses outside", () => {
        expect(warnings(letter({ cc: [recipient("x@gmail.example")] }), "qb.example")).toEqual([
            { kind: "outside", addresses: ["x@gmail.example"] },
        ]);
        expect(isOutside("a@QB.example", "qb.example")).toBe(false);
        expect(isOutside("a@notqb.example", "qb.example")).toBe(true);
    });

    it("stops at what cannot work", () => {
        const file = { size: MAX_ATTACHMENTS, uploading: false };
        expect(obstacle(letter({ to: [] }), [])).toBe("noRecipient");
        expect(obstacle(letter({ to: [recipient("nguyen van a")] }), [])).toBe("badAddress");
        expect(obstacle(letter({}), [{ size: 1, uploading: true }])).toBe("uploading");
        expect(obstacle(letter({}), [file])).toBeNull();
        expect(obstacle(letter({}), [file, { size: 1, uploading: false }])).toBe("tooLarge");
    });
});

describe("typed and pasted addresses", () => {
    it("reads names, quotes and the separators people use", () => {
        expect(parse('Nguyễn An <an@a.vn>; b@a.vn,\n"Sở, ban" <c@a.vn>')).toEqual([
            { name: "Nguyễn An", email: "an@a.vn", problem: null },
            { name: "", email: "b@a.vn", problem: null },
            { name: "Sở, ban", email: "c@a.vn", problem: null },
        ]);
    });

    it("marks what is no address, and keeps it to be mended", () => {
        expect(parse("nguyễn an")).toEqual([{ name: "", email: "nguyễn an", problem: "malformed" }]);
    });

    it("takes each address once, whatever its case", () => {
        expect(merge([recipient("A@a.vn")], [recipient("a@A.vn"), recipient("b@a.vn")])).toHaveLength(2);
        expect(fromJmap(null)).toEqual([]);
    });
});
