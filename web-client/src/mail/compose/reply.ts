// What a reply, a reply to all and a forward begin with: sender, recipients, subject, quotation.

import { fromJmap, merge, shown, type Recipient } from "./addresses";
import type { EmailAddress, EmailFull } from "../types";

export type Kind = "reply" | "replyAll" | "forward";

/** The words a quotation needs, from the dictionary. */
export interface QuoteWords {
    wrote(name: string, at: string): string;
    forwarded: string;
    from: string;
    to: string;
    cc: string;
    date: string;
    subject: string;
}

/** The start of an answer. */
export interface Beginning {
    to: Recipient[];
    cc: Recipient[];
    subject: string;
    inReplyTo: string[] | null;
    references: string[] | null;
}

/**
 * Whom an answer goes to. `own` are the addresses of the mailbox being read and of the person:
 * nobody answers himself, except when his own sent letter is answered, which goes on to its recipients.
 */
export function begin(kind: Kind, letter: EmailFull, own: readonly string[]): Beginning {
    const subject = prefixed(kind === "forward" ? "Fwd" : "Re", letter.subject ?? "");
    if (kind === "forward") return { to: [], cc: [], subject, inReplyTo: null, references: null };

    const mine = new Set(own.map((address) => address.toLowerCase()));
    const others = (list: EmailAddress[] | null): Recipient[] =>
        merge([], fromJmap(list)).filter((one) => !mine.has(one.email.toLowerCase()));
    const author = letter.replyTo?.length ? letter.replyTo : letter.from;
    const fromMe = (letter.from ?? []).some((one) => mine.has(one.email.toLowerCase()));

    let to = fromMe ? others(letter.to) : merge([], fromJmap(author));
    // A letter to oneself alone is still answerable.
    if (to.length === 0) to = fromJmap(author);
    let cc: Recipient[] = [];
    if (kind === "replyAll") {
        const taken = new Set(to.map((one) => one.email.toLowerCase()));
        cc = merge(fromMe ? [] : others(letter.to), others(letter.cc)).filter(
            (one) => !taken.has(one.email.toLowerCase()),
        );
    }
    // RFC 5322 §3.6.4: the references of the parent, then its own id.
    const id = letter.messageId ?? [];
    const references = [...(letter.references ?? letter.inReplyTo ?? []), ...id];
    return {
        to,
        cc,
        subject,
        inReplyTo: id.length ? id : null,
        references: references.length ? references : null,
    };
}

/** `Re: …` once, however often it was answered ("Trả lời:", "RE:", "Fw:" count too). */
export function prefixed(prefix: "Re" | "Fwd", subject: string): string {
    const bare = subject.replace(/^(\s*(re|fwd?|tl|trả lời|chuyển tiếp)\s*:\s*)+/iu, "").trim();
    return `${prefix}: ${bare}`;
}

/** A mailbox the person may send from. */
export interface Sender {
    mailbox: string;
    address: string;
    name: string;
    agency: boolean;
    /** Somebody else's mailbox, in whose name the person writes with the own name beside it. */
    onBehalf: boolean;
}

/**
 * The sender of an answer: the mailbox the letter is read in, so that an agency's letter is answered
 * by the agency; where that may not send, the person's own.
 */
export function senderFor(account: string, senders: readonly Sender[]): Sender | undefined {
    return (
        senders.find((sender) => sender.mailbox === account) ?? senders.find((sender) => !sender.agency) ?? senders[0]
    );
}

/** The quoted original; `body` is clean HTML already, `at` its date in house format. */
export function quote(kind: Kind, letter: EmailFull, body: string, at: string, words: QuoteWords): string {
    const author = shown(letter.from?.[0]);
    if (kind !== "forward") {
        return `<p>${escape(words.wrote(author, at))}</p><blockquote>${body}</blockquote>`;
    }
    const line = (label: string, value: string): string =>
        value === "" ? "" : `<b>${escape(label)}:</b> ${escape(value)}<br>`;
    const list = (addresses: EmailAddress[] | null): string =>
        (addresses ?? []).map((one) => (one.name ? `${one.name} <${one.email}>` : one.email)).join(", ");
    const head =
        line(words.from, list(letter.from)) +
        line(words.date, at) +
        line(words.to, list(letter.to)) +
        line(words.cc, list(letter.cc)) +
        line(words.subject, letter.subject ?? "");
    return `<p>${escape(words.forwarded)}</p><p>${head}</p>${body}`;
}

/** Plain text as HTML: paragraphs at empty lines, line ends kept. */
export function textToHtml(text: string): string {
    return text
        .replace(/\r\n?/g, "\n")
        .split(/\n{2,}/)
        .map((paragraph) => `<p>${escape(paragraph).replace(/\n/g, "<br>")}</p>`)
        .join("");
}

/** HTML as plain text for the text part of a letter; good enough for what the editor makes. */
export function htmlToText(html: string): string {
    return html
        .replace(/<br\s*\/?>/gi, "\n")
        .replace(/<li[^>]*>/gi, "- ")
        .replace(/<\/(p|div|li|blockquote|h[1-6]|tr)>/gi, "\n")
        .replace(/<[^>]*>/g, "")
        .replace(/&nbsp;/g, " ")
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&quot;/g, '"')
        .replace(/&#39;/g, "'")
        .replace(/&amp;/g, "&")
        .replace(/\n{3,}/g, "\n\n")
        .trim();
}

export function escape(text: string): string {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
