import { describe, expect, it } from "vitest";
import { recipient } from "./compose/addresses";
import { forget, isEmpty, keep, leftOver, toEmail, type Draft, type Store } from "./compose/draft";
import { badge, nameFault, refusalOf, sorted } from "./folders/folders";
import { afterRemoval, keyword, moveTo, neighbour, patched, rows } from "./list/list";
import type { EmailHead, Mailbox } from "./types";

const head = (id: string, change: Partial<EmailHead> = {}): EmailHead => ({
    id,
    threadId: id,
    mailboxIds: { inbox: true },
    keywords: {},
    from: null,
    to: null,
    subject: null,
    receivedAt: "2026-11-23T01:00:00Z",
    preview: "",
    hasAttachment: false,
    size: 1,
    ...change,
});

const folder = (role: Mailbox["role"], name: string, change: Partial<Mailbox> = {}): Mailbox => ({
    id: name,
    name,
    parentId: null,
    role,
    sortOrder: 0,
    totalEmails: 5,
    unreadEmails: 2,
    ...change,
});

describe("folders", () => {
    it("stand in the expected order, own ones after by the Vietnamese alphabet", () => {
        const list = [folder(null, "Đề án"), folder("trash", "t"), folder(null, "Dự thảo"), folder("inbox", "i")];
        expect(sorted(list).map((one) => one.name)).toEqual(["i", "t", "Dự thảo", "Đề án"]);
    });

    it("count what matters in each", () => {
        expect(badge(folder("inbox", "i"))).toBe(2);
        expect(badge(folder("drafts", "d"))).toBe(5);
        expect(badge(folder("trash", "t"))).toBe(0);
    });
});

describe("the list", () => {
    const list = rows([head("a"), head("b"), head("c")], new Map([["b", ["z", "b"]]]));

    it("shows a conversation as one row with its letters", () => {
        expect(list.map((row) => row.letters.length)).toEqual([1, 2, 1]);
    });

    it("goes on to the next letter when the open one leaves, to the one before at the end", () => {
        expect(afterRemoval(list, "b", new Set(["b"]))).toBe("c");
        expect(afterRemoval(list, "c", new Set(["b", "c"]))).toBe("a");
        expect(afterRemoval(list, "a", new Set(["b"]))).toBe("a");
        expect(neighbour(list, "a", 1)).toBe("b");
        expect(neighbour(list, "c", 1)).toBeNull();
        expect(neighbour(list, null, 1)).toBe("a");
    });

    it("moves can be taken back exactly", () => {
        const letters = [head("a", { mailboxIds: { inbox: true, x: true } }), head("b")];
        const { apply, undo } = moveTo(letters, "trash");
        expect(apply).toEqual({ a: { mailboxIds: { trash: true } }, b: { mailboxIds: { trash: true } } });
        expect(undo).toEqual({ a: { mailboxIds: { inbox: true, x: true } }, b: { mailboxIds: { inbox: true } } });
    });

    it("marks only what changes, so that undo does not unmark the rest", () => {
        const letters = [head("a", { keywords: { $seen: true } }), head("b")];
        const { apply, undo } = keyword(letters, "$seen", true);
        expect(Object.keys(apply)).toEqual(["b"]);
        expect(undo).toEqual({ b: { "keywords/$seen": null } });
        expect(patched(head("b"), apply.b ?? {}).keywords).toEqual({ $seen: true });
        expect(patched(head("b", { keywords: { $seen: true } }), undo.b ?? {}).keywords).toEqual({});
    });
});

class Memory implements Store {
    readonly items = new Map<string, string>();
    get length(): number {
        return this.items.size;
    }
    key(index: number): string | null {
        return [...this.items.keys()][index] ?? null;
    }
    getItem(key: string): string | null {
        return this.items.get(key) ?? null;
    }
    setItem(key: string, value: string): void {
        this.items.set(key, value);
    }
    removeItem(key: string): void {
        this.items.delete(key);
    }
}

const draft = (key: string, change: Partial<Draft> = {}): Draft => ({
    key,
    account: "m",
    serverId: null,
    to: [],
    cc: [],
    bcc: [],
    subject: "",
    html: "<p><br></p>",
    attachments: [],
    inReplyTo: null,
    references: null,
    changedAt: 1_000,
    ...change,
});

describe("a draft", () => {
    it("is found again after a crash, newest first, by its writer only", () => {
        const store = new Memory();
        keep(store, "hanh", draft("1"));
        keep(store, "hanh", draft("2", { changedAt: 2_000 }));
        keep(store, "nam", draft("3"));
        expect(leftOver(store, "hanh", 3_000).map((one) => one.key)).toEqual(["2", "1"]);
        forget(store, "hanh", "2");
        expect(leftOver(store, "hanh", 3_000).map((one) => one.key)).toEqual(["1"]);
    });

    it("damaged and month-old copies are dropped, nothing breaks", () => {
        const store = new Memory();
        store.setItem("draft:hanh:x", '{"key"');
        keep(store, "hanh", draft("old", { changedAt: 0 }));
        expect(leftOver(store, "hanh", 31 * 86_400_000)).toEqual([]);
        expect(store.length).toBe(0);
    });

    it("a full store is no error", () => {
        const full = new Memory();
        full.setItem = () => {
            throw new Error("QuotaExceededError");
        };
        expect(keep(full, "hanh", draft("1"))).toBe(false);
    });

    it("is empty with nothing but what it began with", () => {
        const began = draft("1", { html: "<p><br></p><p>Trân trọng./.</p>", subject: "Re: a", to: [recipient("b@a.vn")] });
        const rewritten = { ...began, html: "<div><br></div><div>Trân  trọng./.</div>" };
        expect(isEmpty(rewritten, began)).toBe(true);
        expect(isEmpty({ ...began, html: `<p>a</p>${began.html}` }, began)).toBe(false);
        expect(isEmpty({ ...began, to: [] }, began)).toBe(false);
        expect(isEmpty(began, null)).toBe(false);
        expect(isEmpty(draft("1", { html: "<p><br></p>" }), null)).toBe(true);
    });

    it("becomes a letter with a text and an HTML part", () => {
        const email = toEmail(draft("1", { html: "<p>a &amp; b</p>" }), { name: "H", email: "h@a.vn" }, "drafts");
        expect(email.bodyValues).toEqual({ text: { value: "a & b" }, html: { value: "<p>a &amp; b</p>" } });
        expect(email.keywords).toEqual({ $draft: true, $seen: true });
        expect(email.to).toBeNull();
    });
});

it("a folder's name is its own, in any spelling of the letters", () => {
    const others = [folder(null, "Báo cáo")];
    expect(nameFault(" ", others)).toBe("folderNameMissing");
    expect(nameFault("báo cáo".normalize("NFD"), others)).toBe("folderNameTaken");
    expect(nameFault("Báo cáo quý IV", others)).toBeNull();
});

it("why a folder stays is said in words", () => {
    const answer = { accountId: "a", oldState: null, newState: "1" };
    expect(refusalOf(answer)).toBeNull();
    expect(refusalOf({ ...answer, notDestroyed: { f: { type: "mailboxHasEmail" } } })).toBe("folderNotEmpty");
    expect(refusalOf({ ...answer, notCreated: { f: { type: "invalidProperties" } } })).toBe("folderNameTaken");
    expect(refusalOf({ ...answer, notUpdated: { f: { type: "forbidden" } } })).toBe("folderFailed");
});
