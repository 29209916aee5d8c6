// What is said before a letter goes out: nothing here forbids, the sender decides.

import { fold } from "../../lib/format";
import { isOutside, type Recipient } from "./addresses";
import type { Colleague } from "./colleagues";

export type Warning =
    | ({ kind: "colleague" } & Colleague)
    | { kind: "noSubject" }
    | { kind: "forgottenAttachment" }
    | { kind: "manyRecipients"; count: number }
    | { kind: "outside"; addresses: string[] };

/** The letter as far as the warnings need it. */
export interface Outgoing {
    subject: string;
    /** The text the sender wrote, without quotation and signature. */
    text: string;
    to: readonly Recipient[];
    cc: readonly Recipient[];
    bcc: readonly Recipient[];
    attachments: number;
}

/** More than this many recipients are confirmed first. */
export const MANY = 50;

/** `others` answer the same letter. */
export function warnings(letter: Outgoing, ownDomain: string, others: readonly Colleague[] = []): Warning[] {
    const all = [...letter.to, ...letter.cc, ...letter.bcc];
    const found: Warning[] = others.map((one) => ({ kind: "colleague", ...one }));
    if (letter.subject.trim() === "") found.push({ kind: "noSubject" });
    if (letter.attachments === 0 && speaksOfAttachment(`${letter.subject} ${letter.text}`)) {
        found.push({ kind: "forgottenAttachment" });
    }
    if (all.length > MANY) found.push({ kind: "manyRecipients", count: all.length });
    const addresses = all.map((one) => one.email).filter((email) => isOutside(email, ownDomain));
    if (addresses.length > 0) found.push({ kind: "outside", addresses });
    return found;
}

/** "đính kèm", typed with or without marks, or its usual relatives. */
export function speaksOfAttachment(text: string): boolean {
    return /\b(dinh kem|gui kem|kem theo|attach(ed|ment|ments)?)\b/.test(fold(text));
}

/** RFC 5322 §2.1.1 and common sense aside: what stops a letter altogether. */
export type Obstacle = "noRecipient" | "badAddress" | "uploading" | "tooLarge";

export const MAX_ATTACHMENTS = 25 * 1024 * 1024;

export function obstacle(
    letter: Outgoing,
    attachments: readonly { size: number; uploading: boolean }[],
): Obstacle | null {
    const all = [...letter.to, ...letter.cc, ...letter.bcc];
    if (all.length === 0) return "noRecipient";
    if (all.some((one) => one.problem !== null)) return "badAddress";
    if (attachments.some((one) => one.uploading)) return "uploading";
    return attachments.reduce((sum, one) => sum + one.size, 0) > MAX_ATTACHMENTS ? "tooLarge" : null;
}
