// Where a letter came from, as the hub found out when it took the letter. What stands in the letter is
// believed only under the hub's own name: fields of that name from outside were taken out at the door.

import { isOutside } from "../compose/addresses";
import type { EmailFull } from "../types";

export const MARKS = "header:X-Lienthong-Mark:all";
export const RESULTS = "header:Authentication-Results:all";

/** RFC 8601 §2.7, as far as a reader needs to tell them apart. */
export type Verdict = "pass" | "fail" | "none" | "unsure";

export interface Check {
    name: "SPF" | "DKIM" | "DMARC";
    verdict: Verdict;
}

export interface Provenance {
    outside: boolean;
    /** It bears an address of this hub and was brought by a stranger. */
    impostor: boolean;
    /** Empty for letters from inside. */
    checks: Check[];
}

export function provenance(letter: EmailFull, domain: string): Provenance {
    const mine = (field: string) => serverOf(field) === domain.toLowerCase();
    const marked = (letter[MARKS] ?? []).some((field) => mine(field) && /;\s*outside\b/.test(field));
    const author = letter.from?.[0]?.email;
    const foreign = author !== undefined && isOutside(author, domain);
    const results = (letter[RESULTS] ?? []).find(mine);
    const checks = results === undefined ? [] : checksOf(results);
    const proven = checks.some((check) => check.name === "DMARC" && check.verdict === "pass");
    return { outside: marked || foreign, impostor: marked && !foreign && !proven, checks };
}

/** The name before the first semicolon. */
function serverOf(field: string): string {
    return (field.split(";")[0] ?? "").trim().toLowerCase();
}

function checksOf(field: string): Check[] {
    // Comments say how, not what; they may hold semicolons.
    const parts = field.replace(/\([^()]*\)/g, " ").split(";");
    const found: Check[] = [];
    for (const name of ["SPF", "DKIM", "DMARC"] as const) {
        const of = new RegExp(`^\\s*${name}\\s*=\\s*([a-z]+)`, "i");
        const words = parts.map((part) => of.exec(part)?.[1]).filter((word) => word !== undefined);
        // One good signature is enough (RFC 6376 §6.1).
        if (words.length > 0) found.push({ name, verdict: words.includes("pass") ? "pass" : verdict(words[0] ?? "") });
    }
    return found;
}

function verdict(word: string): Verdict {
    if (word === "fail" || word === "softfail" || word === "permerror" || word === "policy") return "fail";
    return word === "temperror" ? "unsure" : "none";
}
