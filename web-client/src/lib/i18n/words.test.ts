// The compiler checks keys; here the places in the texts are checked, which it cannot see.
import { expect, test } from "vitest";

const modules = import.meta.glob<{ default: Record<string, string> }>(["./vi/*.ts", "./en/*.ts"], { eager: true });
const areas = Object.keys(modules)
    .filter((path) => path.startsWith("./vi/"))
    .map((path) => path.slice("./vi/".length));
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test.each(areas)("%s says the same in both languages", (area) => {
    const vi = modules[`./vi/${area}`]?.default ?? {};
    const en = modules[`./en/${area}`]?.default ?? {};
    expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
    for (const [key, text] of Object.entries(vi)) {
        expect(text.trim(), key).not.toBe("");
        expect(text, `${key} in composed form`).toBe(text.normalize("NFC"));
        expect(places(en[key] ?? ""), key).toEqual(places(text));
    }
});
