// The directory as the pickers need it. The tree of units changes rarely: it is fetched once a page.

import type { DirectoryEntry, PersonView, UnitView } from "../generated";
import { api } from "../lib/api";
import { UnitTree, type Chosen } from "./tree";

let tree: Promise<UnitTree<UnitView>> | null = null;

export function unitTree(): Promise<UnitTree<UnitView>> {
    tree ??= api<UnitView[]>("/api/directory/units")
        .then((units) => new UnitTree(units))
        .catch((error: unknown) => {
            tree = null;
            throw error;
        });
    return tree;
}

export function peopleOf(unit: string): Promise<PersonView[]> {
    return api<PersonView[]>(`/api/directory/units/${encodeURIComponent(unit)}/people`);
}

export function searchDirectory(query: string, limit: number, signal?: AbortSignal): Promise<DirectoryEntry[]> {
    return api<DirectoryEntry[]>(`/api/directory/search?q=${encodeURIComponent(query)}&limit=${limit}`, { signal });
}

export function chosenPerson(person: PersonView): Chosen {
    return {
        kind: "person",
        id: person.id,
        name: person.name,
        detail: [person.position, person.unitName].filter(Boolean).join(" – "),
        address: person.address ?? "",
    };
}

export function chosenEntry(entry: DirectoryEntry): Chosen {
    return { kind: entry.kind, id: entry.id, name: entry.name, detail: entry.detail, address: entry.address ?? "" };
}
