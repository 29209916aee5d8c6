import { describe, expect, it } from "vitest";
import { begin, htmlToText, prefixed, quote, senderFor, textToHtml } from "./reply";
import type { EmailFull } from "../types";

const address = (email: string, name: string | null = null): { name: string | null; email: string } => ({
    name,
    email,
});

const letter = (change: Partial<EmailFull>): EmailFull => ({
    id: "l",
    threadId: "t",
    mailboxIds: { inbox: true },
    keywords: {},
    from: [address("vpubnd@qb.example", "Văn phòng UBND tỉnh")],
    to: [address("stttt@qb.example", "Sở TT&TT"), address("snv@qb.example", "Sở Nội vụ")],
    cc: [address("stc@qb.example")],
    bcc: null,
    replyTo: null,
    subject: "V/v họp giao ban",
    receivedAt: "2026-11-23T01:12:00Z",
    sentAt: null,
    preview: "",
    hasAttachment: false,
    size: 1,
    messageId: ["m1@qb.example"],
    inReplyTo: null,
    references: ["m0@qb.example"],
    textBody: [],
    htmlBody: [],
    attachments: [],
    bodyValues: {},
    ...change,
});

const own = ["STTTT@qb.example", "hanhttm.stttt@qb.example"];
const emails = (list: { email: string }[]): string[] => list.map((one) => one.email);

describe("an answer", () => {
    it("goes to the author, and continues the thread", () => {
        const start = begin("reply", letter({}), own);
        expect(emails(start.to)).toEqual(["vpubnd@qb.example"]);
        expect(start.cc).toEqual([]);
        expect(start.inReplyTo).toEqual(["m1@qb.example"]);
        expect(start.references).toEqual(["m0@qb.example", "m1@qb.example"]);
    });

    it("to all leaves out the own addresses, the agency mailbox included", () => {
        const start = begin("replyAll", letter({}), own);
        expect(emails(start.to)).toEqual(["vpubnd@qb.example"]);
        expect(emails(start.cc)).toEqual(["snv@qb.example", "stc@qb.example"]);
    });

    it("obeys Reply-To, and names nobody twice", () => {
        const start = begin("replyAll", letter({ replyTo: [address("SNV@qb.example")] }), own);
        expect(emails(start.to)).toEqual(["SNV@qb.example"]);
        expect(emails(start.cc)).toEqual(["stc@qb.example"]);
    });

    it("to an own sent letter goes on to its recipients", () => {
        const sent = letter({ from: [address("stttt@qb.example")], to: [address("snv@qb.example")] });
        expect(emails(begin("reply", sent, own).to)).toEqual(["snv@qb.example"]);
        expect(emails(begin("replyAll", sent, own).cc)).toEqual(["stc@qb.example"]);
    });

    it("to a letter to oneself is possible", () => {
        const sent = letter({ from: [address("stttt@qb.example")], to: [address("stttt@qb.example")], cc: null });
        expect(emails(begin("reply", sent, own).to)).toEqual(["stttt@qb.example"]);
    });

    it("a forward starts a thread of its own with no recipients", () => {
        const start = begin("forward", letter({}), own);
        expect(start).toEqual({ to: [], cc: [], subject: "Fwd: V/v họp giao ban", inReplyTo: null, references: null });
    });

    it("does not pile up prefixes", () => {
        expect(prefixed("Re", "RE: Fwd: Trả lời: Giấy mời")).toBe("Re: Giấy mời");
        expect(prefixed("Fwd", "Re: Giấy mời")).toBe("Fwd: Giấy mời");
    });
});

describe("the sender of an answer", () => {
    const personal = { mailbox: "p", address: "hanh@qb.example", name: "Hạnh", agency: false, onBehalf: false };
    const agency = { mailbox: "a", address: "stttt@qb.example", name: "Sở TT&TT", agency: true, onBehalf: false };

    it("is the agency for an agency letter, the person where the agency may not send", () => {
        expect(senderFor("a", [personal, agency])).toBe(agency);
        expect(senderFor("p", [personal, agency])).toBe(personal);
        expect(senderFor("a", [personal])).toBe(personal);
    });
});

describe("a quotation", () => {
    const words = {
        wrote: (name: string, at: string) => `${name} viết lúc ${at}:`,
        forwarded: "Thư được chuyển tiếp",
        from: "Từ",
        to: "Đến",
        cc: "Cc",
        date: "Ngày",
        subject: "Chủ đề",
    };

    it("names author and time, and lets no markup of a name through", () => {
        const html = quote("reply", letter({ from: [address("x@y.z", "<img src=x>")] }), "<p>a</p>", "08:12", words);
        expect(html).toBe("<p>&lt;img src=x&gt; viết lúc 08:12:</p><blockquote><p>a</p></blockquote>");
    });

    it("of a forward shows the heads", () => {
        const html = quote("forward", letter({ cc: null }), "<p>a</p>", "08:12", words);
        expect(html).toContain("<b>Đến:</b> Sở TT&amp;TT &lt;stttt@qb.example&gt;, Sở Nội vụ");
        expect(html).not.toContain("Cc");
    });

    it("plain text and HTML go over into each other", () => {
        expect(textToHtml("a <b>\nc\n\nd")).toBe("<p>a &lt;b&gt;<br>c</p><p>d</p>");
        expect(htmlToText("<p>a &lt;b&gt;<br>c</p><ul><li>một</li></ul>")).toBe("a <b>\nc\n- một");
    });
});
