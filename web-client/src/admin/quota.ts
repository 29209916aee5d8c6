// How much a mailbox may hold, as IT staff type it.

/** Octets for typed gigabytes; null for nothing typed (what is usual), undefined for no such number. */
export function gigabytes(typed: string): number | null | undefined {
    const text = typed.trim().replace(",", ".");
    if (text === "") return null;
    if (!/^\d{1,5}(\.\d{1,3})?$/.test(text)) return undefined;
    const octets = Math.round(Number(text) * 1e9);
    return octets >= 1e8 && octets <= 1e13 ? octets : undefined;
}
