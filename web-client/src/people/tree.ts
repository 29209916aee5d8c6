// The organisation tree as the picker shows it: which rows are visible, where a key leads
// (WAI-ARIA Authoring Practices, Tree View), and what has been chosen. No DOM, no framework.

import { fold } from "../lib/format";

/** What the tree needs of a unit; `/api/directory/units` gives more. */
export interface TreeUnit {
    id: string;
    parent: string | null;
    name: string;
    shortName: string;
    order: number;
    people: number;
}

/** One visible row. */
export interface Row<U extends TreeUnit = TreeUnit> {
    unit: U;
    /** 1 for the root, as `aria-level` counts. */
    level: number;
    expandable: boolean;
    expanded: boolean;
    /** Place among its siblings, from 1, and their number. */
    position: number;
    siblings: number;
}

/** The units by parent, each list in the order the directory gave (protocol order). */
export class UnitTree<U extends TreeUnit = TreeUnit> {
    readonly #units = new Map<string, U>();
    readonly #children = new Map<string | null, U[]>();

    constructor(units: readonly U[]) {
        for (const unit of units) this.#units.set(unit.id, unit);
        for (const unit of units) {
            // A unit whose parent is not in the list would vanish: it is shown at the top instead.
            const parent = unit.parent !== null && this.#units.has(unit.parent) ? unit.parent : null;
            const siblings = this.#children.get(parent);
            if (siblings) siblings.push(unit);
            else this.#children.set(parent, [unit]);
        }
    }

    unit(id: string): U | undefined {
        return this.#units.get(id);
    }

    roots(): readonly U[] {
        return this.#children.get(null) ?? [];
    }

    children(id: string): readonly U[] {
        return this.#children.get(id) ?? [];
    }

    /** The unit and everything under it, in tree order. */
    within(id: string): U[] {
        const unit = this.#units.get(id);
        if (!unit) return [];
        return [unit, ...this.children(id).flatMap((child) => this.within(child.id))];
    }

    /** Its ancestors, nearest first. */
    ancestors(id: string): U[] {
        const found: U[] = [];
        let parent = this.#units.get(id)?.parent ?? null;
        while (parent !== null && found.length < 64) {
            const unit = this.#units.get(parent);
            if (!unit) break;
            found.push(unit);
            parent = unit.parent;
        }
        return found;
    }

    /** People of the unit and of everything under it. */
    peopleWithin(id: string): number {
        return this.within(id).reduce((sum, unit) => sum + unit.people, 0);
    }

    /** "Phòng Công nghệ thông tin – Sở TT&TT": names collide, so the parent is always said. */
    label(id: string): string {
        const unit = this.#units.get(id);
        if (!unit) return "";
        const parent = unit.parent === null ? undefined : this.#units.get(unit.parent);
        return parent?.parent ? `${unit.name} – ${parent.shortName || parent.name}` : unit.name;
    }

    /** The rows to draw when `expanded` units are open. */
    rows(expanded: ReadonlySet<string>): Row<U>[] {
        const rows: Row<U>[] = [];
        const walk = (units: readonly U[], level: number): void => {
            units.forEach((unit, index) => {
                const children = this.children(unit.id);
                const open = children.length > 0 && expanded.has(unit.id);
                rows.push({
                    unit,
                    level,
                    expandable: children.length > 0,
                    expanded: open,
                    position: index + 1,
                    siblings: units.length,
                });
                if (open) walk(children, level + 1);
            });
        };
        walk(this.roots(), 1);
        return rows;
    }
}

/** What a key does in the tree. */
export type Move = { focus: string } | { expand: string } | { collapse: string } | null;

/** Where `key` leads from the row of `current`. Space and Enter are the caller's. */
export function move(rows: readonly Row[], current: string, key: string): Move {
    const index = rows.findIndex((row) => row.unit.id === current);
    const row = rows[index];
    if (!row) return rows[0] ? { focus: rows[0].unit.id } : null;
    const at = (target: Row | undefined): Move => (target ? { focus: target.unit.id } : null);
    switch (key) {
        case "ArrowDown":
            return at(rows[index + 1]);
        case "ArrowUp":
            return at(rows[index - 1]);
        case "Home":
            return at(rows[0]);
        case "End":
            return at(rows[rows.length - 1]);
        case "ArrowRight":
            if (row.expandable && !row.expanded) return { expand: current };
            return row.expanded ? at(rows[index + 1]) : null;
        case "ArrowLeft":
            if (row.expanded) return { collapse: current };
            return at(rows.slice(0, index).findLast((before) => before.level < row.level));
        default:
            return null;
    }
}

/** The next row, after `current` and round again, whose name begins with what was typed. */
export function typeAhead(rows: readonly Row[], current: string, typed: string): string | null {
    const wanted = fold(typed).trim();
    if (wanted === "") return null;
    const start = rows.findIndex((row) => row.unit.id === current);
    // A longer text refines the present row; a single letter goes on to the next one.
    const first = wanted.length > 1 ? start : start + 1;
    for (let step = 0; step < rows.length; step += 1) {
        const row = rows[(first + step + rows.length) % rows.length];
        if (!row) continue;
        const name = fold(row.unit.name);
        const short = fold(row.unit.shortName);
        if (name.startsWith(wanted) || short.startsWith(wanted)) return row.unit.id;
    }
    return null;
}

/** Someone or something chosen as recipient or invitee. */
export interface Chosen {
    kind: "person" | "unit" | "mailbox";
    id: string;
    name: string;
    /** Position and unit, or "12 người". */
    detail: string;
    /** Empty where it has none (a unit chosen whole). */
    address: string;
}

/** `chosen` with `item` added at the end, or taken away if it was there. */
export function toggle(chosen: readonly Chosen[], item: Chosen): Chosen[] {
    return isChosen(chosen, item) ? without(chosen, [item]) : [...chosen, item];
}

/** `chosen` and `items`, each once, the first place kept. */
export function union(chosen: readonly Chosen[], items: readonly Chosen[]): Chosen[] {
    const seen = new Set(chosen.map(keyOf));
    return [...chosen, ...items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)))];
}

/** `chosen` without `items`. */
export function without(chosen: readonly Chosen[], items: readonly Chosen[]): Chosen[] {
    const gone = new Set(items.map(keyOf));
    return chosen.filter((item) => !gone.has(keyOf(item)));
}

export function isChosen(chosen: readonly Chosen[], item: Chosen): boolean {
    const key = keyOf(item);
    return chosen.some((other) => keyOf(other) === key);
}

/** State of a checkbox over `items`: all chosen, some, none. */
export function coverage(chosen: readonly Chosen[], items: readonly Chosen[]): "all" | "some" | "none" {
    const count = items.filter((item) => isChosen(chosen, item)).length;
    if (count === 0) return "none";
    return count === items.length ? "all" : "some";
}

export function keyOf(item: Chosen): string {
    return `${item.kind}:${item.id}`;
}

/** The item as a recipient of letters: the same address is the same recipient, however it was found. */
export function byAddress(item: Chosen): Chosen {
    return { ...item, kind: "mailbox", id: item.address.toLowerCase() };
}
