// What we ask of Opus. The encoder follows the fmtp of the *remote* description (RFC 7587 §7), so the
// hub's answer is completed before it is applied.

const SPEECH = { useinbandfec: "1", usedtx: "1", stereo: "0" } as const;

/** The answer with forward error correction and silence suppression switched on for every Opus line. */
export function speechOpus(sdp: string): string {
    const types = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map((found) => found[1] ?? ""));
    const lines = sdp.split("\r\n");
    const result: string[] = [];
    for (const line of lines) {
        const fmtp = /^a=fmtp:(\d+) (.*)$/.exec(line);
        if (fmtp?.[1] && types.has(fmtp[1])) {
            result.push(`a=fmtp:${fmtp[1]} ${merged(fmtp[2] ?? "")}`);
            continue;
        }
        result.push(line);
        const map = /^a=rtpmap:(\d+) opus\/48000/i.exec(line);
        if (map?.[1] && !hasFmtp(lines, map[1])) result.push(`a=fmtp:${map[1]} ${merged("")}`);
    }
    return result.join("\r\n");
}

const hasFmtp = (lines: string[], type: string) => lines.some((line) => line.startsWith(`a=fmtp:${type} `));

function merged(parameters: string): string {
    const all = new Map(
        parameters
            .split(";")
            .map((part) => part.trim())
            .filter(Boolean)
            .map((part) => {
                const [name = "", value = ""] = part.split("=");
                return [name, value];
            }),
    );
    for (const [name, value] of Object.entries(SPEECH)) all.set(name, value);
    return [...all].map(([name, value]) => (value ? `${name}=${value}` : name)).join(";");
}
