// Matching of addresses, apart from the browser so that it can be tested.

export type Parameters = Record<string, string>;

/** `/hop/:id` against a path: the named parts, or nothing. A trailing `*` takes the rest as `rest`. */
export function match(pattern: string, path: string): Parameters | null {
    const wanted = pattern.split("/").filter(Boolean);
    const given = path.split("/").filter(Boolean);
    const found: Parameters = {};
    for (const [index, part] of wanted.entries()) {
        if (part === "*") {
            found.rest = given.slice(index).join("/");
            return found;
        }
        const value = given[index];
        if (value === undefined) return null;
        if (part.startsWith(":")) found[part.slice(1)] = decode(value);
        else if (part !== value) return null;
    }
    return given.length === wanted.length ? found : null;
}

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

/** A place of ours to return to after sign-in; anything that could leave this origin becomes `/`. */
export function safeReturn(place: string | null): string {
    if (!place || !place.startsWith("/") || place.startsWith("//") || place.includes("\\")) return "/";
    return place.startsWith("/dang-nhap") ? "/" : place;
}
