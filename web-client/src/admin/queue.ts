// A waiting letter in one line of the list: what its addressees have in common, and the worst of the rest.

import type { QueuedLetter } from "../generated";

/** Whether an administrator keeps all of it back. */
export function isHeld(letter: QueuedLetter): boolean {
    return letter.recipients.every((one) => one.state === "held");
}

/** When the next addressee is tried, µs; `null` while one is being tried or none waits. */
export function nextTry(letter: QueuedLetter): number | null {
    if (letter.recipients.some((one) => one.state === "sending")) return null;
    const due = letter.recipients.filter((one) => one.state === "waiting").map((one) => one.dueAt);
    return due.length === 0 ? null : Math.min(...due);
}

/** What was said last for the addressee tried most often; empty before the first attempt. */
export function lastWords(letter: QueuedLetter): string {
    const tried = letter.recipients.filter((one) => one.lastAnswer !== "");
    return tried.sort((a, b) => b.attempts - a.attempts)[0]?.lastAnswer ?? "";
}

/** The word for an urgent letter (RFC 6710 levels as the hub uses them). */
export function priority(level: number): "flash" | "express" | "urgent" | null {
    if (level >= 9) return "flash";
    if (level >= 6) return "express";
    return level >= 3 ? "urgent" : null;
}
