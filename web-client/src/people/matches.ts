// Search among names already on this computer, by the rule the hub uses: without marks, by the
// beginnings of words in any order, or by initials.

import { fold } from "../lib/format";

/** The folded words of `text`. */
export function words(text: string): string[] {
    return fold(text)
        .split(/[^\p{L}\p{N}]+/u)
        .filter((word) => word !== "");
}

/** True when every word of `query` begins a word of `text`, or `query` is its initials. */
export function matches(text: string, query: string): boolean {
    const wanted = words(query);
    if (wanted.length === 0) return true;
    const present = words(text);
    if (wanted.every((word) => present.some((candidate) => candidate.startsWith(word)))) return true;
    const initials = present.map((word) => word[0]).join("");
    return wanted.length === 1 && initials.startsWith(wanted[0] ?? "");
}
