// Addresses as people type, paste and read them.

import type { EmailAddress } from "../types";

/** One recipient while a letter is being written. */
export interface Recipient {
    name: string;
    email: string;
    /** Set when the hub or the page refuses it; the reason is shown at the chip. */
    problem: "malformed" | "unknown" | null;
}

/** Good enough to catch slips; the hub has the last word. */
const ADDRESS = /^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/u;

export function wellFormed(email: string): boolean {
    return ADDRESS.test(email);
}

export function recipient(email: string, name = ""): Recipient {
    return { name, email, problem: wellFormed(email) ? null : "malformed" };
}

/** Recipients out of pasted or typed text: `Nguyễn An <an@a.vn>; b@a.vn, "C, D" <c@a.vn>`. */
export function parse(text: string): Recipient[] {
    return split(text).map((piece) => {
        const named = /^(.*)<([^<>]*)>$/su.exec(piece);
        if (!named) return recipient(piece);
        const name = (named[1] ?? "").trim().replace(/^"(.*)"$/s, "$1");
        return recipient((named[2] ?? "").trim(), name);
    });
}

/** Cuts at commas, semicolons and line ends that stand outside quotes. */
function split(text: string): string[] {
    const pieces: string[] = [];
    let piece = "";
    let quoted = false;
    for (const c of text) {
        if (c === '"') quoted = !quoted;
        if (!quoted && /[,;\n\r]/.test(c)) {
            pieces.push(piece);
            piece = "";
        } else {
            piece += c;
        }
    }
    return [...pieces, piece].map((one) => one.trim()).filter((one) => one !== "");
}

/** `list` and `more`, each address once, whatever its case. */
export function merge(list: readonly Recipient[], more: readonly Recipient[]): Recipient[] {
    const seen = new Set(list.map((one) => one.email.toLowerCase()));
    return [...list, ...more.filter((one) => !seen.has(one.email.toLowerCase()) && seen.add(one.email.toLowerCase()))];
}

export function domainOf(email: string): string {
    return email.slice(email.lastIndexOf("@") + 1).toLowerCase();
}

/** Outside the hub: another domain, sub-domains not counted as ours. */
export function isOutside(email: string, ownDomain: string): boolean {
    return domainOf(email) !== ownDomain.toLowerCase();
}

export function toJmap(list: readonly Recipient[]): EmailAddress[] {
    return list.map(({ name, email }) => ({ name: name === "" ? null : name, email }));
}

export function fromJmap(list: readonly EmailAddress[] | null): Recipient[] {
    return (list ?? []).map(({ name, email }) => recipient(email, name ?? ""));
}

/** "Văn phòng UBND tỉnh", or the address where there is no name. */
export function shown(address: { name: string | null; email: string } | undefined): string {
    return address ? address.name || address.email : "";
}
