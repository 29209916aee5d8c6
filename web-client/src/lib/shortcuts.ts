// Single-letter shortcuts: never while somebody types, never with a modifier, off when switched off.

import { preferences } from "./preferences.svelte";

export type Shortcuts = Record<string, () => void>;

/** Whether a key press belongs to a field and not to us. Unikey rewrites text by synthetic keys. */
export function typing(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement)) return false;
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Listens until the returned function is called. `?` works even when shortcuts are off. */
export function listen(shortcuts: Shortcuts): () => void {
    const press = (event: KeyboardEvent) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
        if (typing(event.target) || document.querySelector("dialog[open]")) return;
        const act = shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
        if (!act || (!preferences.shortcuts && event.key !== "?")) return;
        event.preventDefault();
        act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
}
