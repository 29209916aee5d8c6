// Fails the build when the first load of the meeting page is heavier than promised:
// every module that a visitor of /hop/{id} must download before the lobby is usable.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 100_000;
const PAGES = [
    { name: "meeting", entries: ["index.html", "src/meeting/MeetingPage.svelte"], limit: LIMIT },
];

const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));

/** The files of `key` and of everything it imports without being asked to later. */
function closure(key, seen = new Set()) {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`budget: ${key} is not in the build manifest`);
    if (seen.has(key)) return seen;
    seen.add(key);
    for (const next of chunk.imports ?? []) closure(next, seen);
    return seen;
}

let failed = false;
for (const page of PAGES) {
    const keys = new Set(page.entries.flatMap((entry) => [...closure(entry)]));
    const files = new Set([...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js")));
    const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`)).length, 0);
    const words = `${page.name}: ${(bytes / 1000).toFixed(1)} kB of JavaScript, gzip (limit ${page.limit / 1000} kB)`;
    console.log(`${bytes > page.limit ? "over budget" : "within budget"} · ${words}`);
    failed ||= bytes > page.limit;
}
process.exit(failed ? 1 : 0);
