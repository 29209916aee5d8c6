// Letters that were sent by closing the page: nobody is there to hear that the hub refused one. They are noted
// in the browser, and the next visit tells of those that still lie among the drafts.

import type { EmailHead } from "../types";

export interface Leaving {
    account: string;
    emailId: string;
}

type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "lt.mail.leaving";

/** Notes letters that are being sent while the page closes. */
export function note(letters: readonly Leaving[], storage: Storage) {
    if (letters.length > 0) storage.setItem(KEY, JSON.stringify([...peek(storage), ...letters]));
}

/** The letters noted, once. */
export function take(storage: Storage): Leaving[] {
    const letters = peek(storage);
    storage.removeItem(KEY);
    return letters;
}

function peek(storage: Storage): Leaving[] {
    try {
        const found: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
        return Array.isArray(found) ? found.filter(isLeaving) : [];
    } catch {
        return [];
    }
}

function isLeaving(value: unknown): value is Leaving {
    const { account, emailId } = (value ?? {}) as Partial<Leaving>;
    return typeof account === "string" && typeof emailId === "string";
}

/** Those that did not leave: what was sent is a draft no more. */
export function unsent<T extends Pick<EmailHead, "keywords">>(letters: readonly T[]): T[] {
    return letters.filter((letter) => letter.keywords.$draft === true);
}
