// The text of a letter, from whichever part carries it (RFC 8621 §4.1.4).

import { clean } from "./clean";
import { textToHtml } from "../compose/reply";
import type { BodyPart, EmailFull } from "../types";

function value(letter: EmailFull, part: BodyPart | undefined): string {
    return (part?.partId && letter.bodyValues[part.partId]?.value) || "";
}

/** True when the letter has an HTML text, which is shown in the sandboxed frame. */
export function isHtml(letter: EmailFull): boolean {
    return letter.htmlBody.some((part) => part.type === "text/html");
}

export function plainText(letter: EmailFull): string {
    return letter.textBody
        .filter((part) => part.type === "text/plain")
        .map((part) => value(letter, part))
        .join("\n");
}

/** Harmless HTML of the letter, for quoting, for printing and for measuring. */
export function safeHtml(letter: EmailFull): string {
    const html = letter.htmlBody.find((part) => part.type === "text/html");
    return html ? clean(value(letter, html)) : textToHtml(plainText(letter));
}

/** What the letter's HTML asks to be fetched from elsewhere. */
export function hasRemoteImages(letter: EmailFull): boolean {
    const html = letter.htmlBody.map((part) => value(letter, part)).join("");
    return /(?:src|background)\s*=\s*["']?\s*(?:https?:)?\/\/|url\(\s*["']?\s*(?:https?:)?\/\//i.test(html);
}

/** Files of the letter; the invitation and pictures shown inside the text are none. */
export function files(letter: EmailFull): BodyPart[] {
    return letter.attachments.filter(
        (part) => part.blobId !== null && !isCalendar(part) && !(part.cid && part.disposition === "inline"),
    );
}

export function isCalendar(part: BodyPart): boolean {
    return part.type.toLowerCase() === "text/calendar";
}

/** The part with the invitation, wherever it hangs in the letter. */
export function calendarPart(letter: EmailFull): BodyPart | undefined {
    return [...letter.attachments, ...letter.textBody, ...letter.htmlBody].find(isCalendar);
}
