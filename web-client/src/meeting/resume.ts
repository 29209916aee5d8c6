// The proof of a visit, kept in this tab only, so that a reload returns to the seat without the lobby.

/** The hub keeps a seat for 60 s after its socket died. */
const KEPT_MS = 60_000;

export interface Kept {
    token: string;
    name: string | null;
    at: number;
}

const key = (meeting: string) => `lt.visit.${meeting}`;

export function keep(meeting: string, kept: Kept) {
    try {
        sessionStorage.setItem(key(meeting), JSON.stringify(kept));
    } catch {
        // Without storage a reload goes through the lobby; the hub still gives the same seat.
    }
}

export function kept(meeting: string): Kept | null {
    try {
        const found = JSON.parse(sessionStorage.getItem(key(meeting)) ?? "null") as Kept | null;
        return found && Date.now() - found.at < KEPT_MS ? found : null;
    } catch {
        return null;
    }
}

export function forget(meeting: string) {
    try {
        sessionStorage.removeItem(key(meeting));
    } catch {
        // Nothing was stored then.
    }
}
