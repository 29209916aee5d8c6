// When to try again. Waits of 0.2, 1, 2, 4, 8 s, then 8 s for as long as the page is open.

const WAITS_MS = [200, 1000, 2000, 4000, 8000] as const;

/** The wait before attempt `attempt` (from 1); up to a fifth is added by `chance` (0…1), so that 160 sites
 *  that lost the same line do not all knock at once. */
export function waitBefore(attempt: number, chance: number): number {
    const wait = WAITS_MS[Math.min(Math.max(attempt, 1), WAITS_MS.length) - 1] ?? 8000;
    return Math.round(wait * (1 + 0.2 * chance));
}

export const PING_EVERY_MS = 2000;
/** Nothing heard for this long: the line is dead, whatever the socket says. */
export const DEAD_AFTER_MS = 5000;

/** Whether a line last heard at `heard` is dead at `now`. */
export const dead = (heard: number, now: number) => now - heard >= DEAD_AFTER_MS;
