// The filters of a console list live in the address, so that a list can be sent to a colleague.

export interface Filters {
    q: string;
    unit: string;
    /** From 1. */
    page: number;
}

export function read(search: string): Filters {
    const parameters = new URLSearchParams(search);
    const page = Number.parseInt(parameters.get("page") ?? "1", 10);
    return {
        q: parameters.get("q") ?? "",
        unit: parameters.get("unit") ?? "",
        page: Number.isFinite(page) && page > 0 ? page : 1,
    };
}

/** "?q=an&page=2"; what is at its default is left out. */
export function write(filters: Filters): string {
    const parameters = new URLSearchParams();
    if (filters.q.trim() !== "") parameters.set("q", filters.q.trim());
    if (filters.unit !== "") parameters.set("unit", filters.unit);
    if (filters.page > 1) parameters.set("page", String(filters.page));
    const text = parameters.toString();
    return text === "" ? "" : `?${text}`;
}

/** A changed search or unit begins again at page 1. */
export function changed(filters: Filters, change: Partial<Filters>): Filters {
    const page = change.page ?? 1;
    return { ...filters, ...change, page };
}

export function pages(total: number, size: number): number {
    return Math.max(1, Math.ceil(total / Math.max(1, size)));
}
