// Which source belongs in which video slot. A source that stays on the screen stays in its slot, so that
// its picture does not wait for a key frame when others come or go.

import type { Source, View } from "../../generated";
import { VIDEO_SLOTS, type Demand } from "./stage";

export const same = (a: Source | null | undefined, b: Source | null | undefined) =>
    !!a && !!b && a.seat === b.seat && a.kind === b.kind;

/** Heights at which the layers end: asking in steps keeps a resized window from sending a stream of wishes. */
const STEPS = [90, 180, 360, 720, 1080, 2160];

const step = (height: number) => STEPS.find((limit) => height <= limit * 1.1) ?? 2160;

/** The next view: `previous` is what was asked last; `demands` come most important first, and so does the
 *  result: a thin line is shared in this order. */
export function assign(previous: readonly View[], demands: readonly Demand[], slots = VIDEO_SLOTS): View[] {
    const wanted: Demand[] = [];
    for (const demand of demands) {
        const twin = wanted.find((one) => same(one.source, demand.source));
        if (twin) twin.height = Math.max(twin.height, demand.height);
        else if (wanted.length < slots) wanted.push({ ...demand });
    }
    const kept = previous.filter((view) => wanted.some((one) => same(one.source, view.source)));
    const free = Array.from({ length: slots }, (_, slot) => slot).filter(
        (slot) => !kept.some((view) => view.slot === slot),
    );
    return wanted
        .map(({ source, height }) => {
            const slot = kept.find((view) => same(view.source, source))?.slot ?? free.shift();
            return slot === undefined ? null : { slot, source, height: step(height) };
        })
        .filter((view) => view !== null);
}

/** Whether the hub needs to hear about it. */
export function changed(a: readonly View[], b: readonly View[]): boolean {
    if (a.length !== b.length) return true;
    return a.some((view, at) => {
        const other = b[at];
        return !other || view.slot !== other.slot || view.height !== other.height || !same(view.source, other.source);
    });
}
