// What a search asks the hub for, and the place of a letter that answers it.

/** What narrows a search down beside its words. */
export interface Narrowing {
    /** Part of the sender's name or address. */
    from: string;
    /** Only letters with files. */
    files: boolean;
    /** Only letters of the last so many days; 0 for all. */
    days: number;
    /** The newest first instead of the best answers first. */
    newest: boolean;
}

export const EVERYTHING: Narrowing = { from: "", files: false, days: 0, newest: false };

/** The periods offered, in days. */
export const PERIODS = [0, 7, 30, 365] as const;

/** The filter of `Email/query` (RFC 8621 §4.4.1). */
export function filterOf(query: string, narrowing: Narrowing, now: Date): Record<string, unknown> {
    const after = new Date(now.getTime() - narrowing.days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
    return {
        text: query,
        ...(narrowing.from.trim() !== "" && { from: narrowing.from.trim() }),
        ...(narrowing.files && { hasAttachment: true }),
        ...(narrowing.days > 0 && { after }),
    };
}

export interface Piece {
    text: string;
    found: boolean;
}

/** A snippet (RFC 8621 §5) as pieces of text: its HTML is never put into the page. */
export function pieces(snippet: string): Piece[] {
    return snippet
        .split(/(<mark>.*?<\/mark>)/)
        .filter((part) => part !== "")
        .map((part) => ({
            text: plain(part.replace(/^<mark>|<\/mark>$/g, "")),
            found: part.startsWith("<mark>"),
        }));
}

const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };

function plain(text: string): string {
    return text.replace(/&(?:lt|gt|quot|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
