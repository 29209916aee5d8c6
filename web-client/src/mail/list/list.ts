// The list of letters: rows by conversation, pages, selection, and changes that can be taken back.

import type { EmailHead } from "../types";

export const PAGE = 50;

/** A row: the newest letter of a conversation and how many it has. */
export interface ListRow {
    head: EmailHead;
    /** Ids of the letters of the conversation, oldest first. */
    letters: string[];
    unread: boolean;
}

/** Rows out of heads in the order of the query, `threads` giving the letters of each conversation. */
export function rows(heads: readonly EmailHead[], threads: ReadonlyMap<string, readonly string[]>): ListRow[] {
    return heads.map((head) => ({
        head,
        letters: [...(threads.get(head.threadId) ?? [head.id])],
        unread: isUnread(head),
    }));
}

export function isUnread(head: EmailHead): boolean {
    return !head.keywords.$seen && !head.keywords.$draft;
}

export function isStarred(head: EmailHead): boolean {
    return head.keywords.$flagged === true;
}

/** The keyword of a letter that somebody of an agency has dealt with; mail programs show it too. */
export const HANDLED = "da-xu-ly";

export type Mark = "$seen" | "$flagged" | typeof HANDLED;

export function isHandled(head: EmailHead): boolean {
    return head.keywords[HANDLED] === true;
}

/** The row after (`1`) or before (`-1`) the one of `id`; the first when nothing is open. */
export function neighbour(list: readonly ListRow[], id: string | null, step: 1 | -1): string | null {
    const index = list.findIndex((row) => row.head.id === id);
    if (index < 0) return list[0]?.head.id ?? null;
    return list[index + step]?.head.id ?? null;
}

/** What stays open once `gone` have left the list: the next one, else the one before. */
export function afterRemoval(list: readonly ListRow[], open: string | null, gone: ReadonlySet<string>): string | null {
    if (open === null || !gone.has(open)) return open;
    const index = list.findIndex((row) => row.head.id === open);
    const later = list.slice(index + 1).find((row) => !gone.has(row.head.id));
    const earlier = list.slice(0, Math.max(index, 0)).findLast((row) => !gone.has(row.head.id));
    return (later ?? earlier)?.head.id ?? null;
}

/** An `Email/set` patch per letter (RFC 8620 §5.3). */
export type Patches = Record<string, Record<string, unknown>>;

/** The patch that sets or clears a keyword, and the one that takes it back. */
export function keyword(
    heads: readonly EmailHead[],
    name: Mark,
    on: boolean,
): { apply: Patches; undo: Patches } {
    const changed = heads.filter((head) => (head.keywords[name] === true) !== on);
    const patch = (value: true | null): Patches =>
        Object.fromEntries(changed.map((head) => [head.id, { [`keywords/${name}`]: value }]));
    return { apply: patch(on ? true : null), undo: patch(on ? null : true) };
}

/** The patch that moves letters to one folder, and the one that puts each back where it was. */
export function moveTo(heads: readonly EmailHead[], folder: string): { apply: Patches; undo: Patches } {
    return {
        apply: Object.fromEntries(heads.map((head) => [head.id, { mailboxIds: { [folder]: true } }])),
        undo: Object.fromEntries(heads.map((head) => [head.id, { mailboxIds: { ...head.mailboxIds } }])),
    };
}

/** `head` after the patch, so that the screen changes before the hub answers. */
export function patched(head: EmailHead, patch: Record<string, unknown>): EmailHead {
    const keywords = { ...head.keywords };
    for (const [path, value] of Object.entries(patch)) {
        if (!path.startsWith("keywords/")) continue;
        const name = path.slice("keywords/".length);
        if (value === null) delete keywords[name];
        else keywords[name] = true;
    }
    const mailboxIds = (patch.mailboxIds as Record<string, true> | undefined) ?? head.mailboxIds;
    return { ...head, keywords, mailboxIds };
}
