// The letter being written, and its copy on this computer that survives a crash of the browser.

import { toJmap, type Recipient } from "./addresses";
import { htmlToText } from "./reply";

export interface Attachment {
    blobId: string;
    name: string;
    type: string;
    size: number;
}

/** Everything of a letter that is not yet sent. */
export interface Draft {
    /** Made on this computer; names the local copy. */
    key: string;
    /** The mailbox it is written in and sent from. */
    account: string;
    /** Its id on the hub, once saved there. */
    serverId: string | null;
    to: Recipient[];
    cc: Recipient[];
    bcc: Recipient[];
    subject: string;
    html: string;
    attachments: Attachment[];
    inReplyTo: string[] | null;
    references: string[] | null;
    /** The letter it answers, in the mailbox that letter was read in. */
    answers?: { account: string; letter: string };
    /** ms; when it was last changed here. */
    changedAt: number;
}

/** `Storage`, as far as drafts need it. */
export interface Store {
    readonly length: number;
    key(index: number): string | null;
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}

const PREFIX = "draft:";
/** Copies older than this were written by a browser nobody came back to. */
const KEPT_MS = 30 * 86_400_000;

/** Keeps a copy. Without room or permission the copy on the hub is the only one: not an error. */
export function keep(store: Store, person: string, draft: Draft): boolean {
    try {
        store.setItem(`${PREFIX}${person}:${draft.key}`, JSON.stringify(draft));
        return true;
    } catch {
        return false;
    }
}

export function forget(store: Store, person: string, key: string): void {
    try {
        store.removeItem(`${PREFIX}${person}:${key}`);
    } catch {
        // A store that cannot be written has nothing to forget.
    }
}

/** Letters of `person` left unfinished here, newest first. Damaged or old copies are dropped. */
export function leftOver(store: Store, person: string, now: number): Draft[] {
    const found: Draft[] = [];
    const prefix = `${PREFIX}${person}:`;
    const keys = Array.from({ length: store.length }, (_, index) => store.key(index));
    for (const key of keys) {
        if (!key?.startsWith(prefix)) continue;
        const draft = parse(store.getItem(key));
        if (draft && now - draft.changedAt < KEPT_MS) found.push(draft);
        else store.removeItem(key);
    }
    return found.sort((a, b) => b.changedAt - a.changedAt);
}

function parse(text: string | null): Draft | null {
    try {
        const draft = JSON.parse(text ?? "") as Draft;
        return typeof draft.key === "string" && Array.isArray(draft.to) && typeof draft.html === "string"
            ? draft
            : null;
    } catch {
        return null;
    }
}

/**
 * Nothing worth keeping: nothing in it at all, or nothing beyond what it `began` with. Text is compared,
 * not HTML: the editor rewrites the HTML it is given.
 */
export function isEmpty(draft: Draft, began: Draft | null): boolean {
    const own = essence(draft);
    return own === NOTHING || (began !== null && own === essence(began));
}

function essence({ to, cc, bcc, subject, attachments, html }: Draft): string {
    const text = htmlToText(html).replace(/\s+/g, " ").trim();
    const people = [to, cc, bcc].map((list) => list.map((one) => one.email));
    return JSON.stringify([people, subject.trim(), attachments.map((file) => file.blobId), text]);
}
const NOTHING = JSON.stringify([[[], [], []], "", [], ""]);

/** The JMAP object of the draft (RFC 8621 §4.6): one text and one HTML part, then the files. */
export function toEmail(
    draft: Draft,
    from: { name: string; email: string },
    draftsFolder: string,
): Record<string, unknown> {
    const filled = (list: Recipient[]): unknown => (list.length ? toJmap(list) : null);
    return {
        mailboxIds: { [draftsFolder]: true },
        keywords: { $draft: true, $seen: true },
        from: [from],
        to: filled(draft.to),
        cc: filled(draft.cc),
        bcc: filled(draft.bcc),
        subject: draft.subject,
        inReplyTo: draft.inReplyTo,
        references: draft.references,
        bodyValues: {
            text: { value: htmlToText(draft.html) },
            html: { value: draft.html },
        },
        textBody: [{ partId: "text", type: "text/plain" }],
        htmlBody: [{ partId: "html", type: "text/html" }],
        attachments: draft.attachments.map(({ blobId, name, type }) => ({
            blobId,
            name,
            type,
            disposition: "attachment",
        })),
    };
}
