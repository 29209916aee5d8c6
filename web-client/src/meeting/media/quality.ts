// The line in figures, from two readings of getStats: traffic light first, numbers on demand.

export interface Reading {
    at: number;
    sent: number;
    received: number;
    packets: number;
    lost: number;
}

export interface Quality {
    upKbit: number;
    downKbit: number;
    /** Lost of what should have arrived, in percent, since the last reading. */
    lossPercent: number;
    delayMs: number | null;
    framesPerSecond: number | null;
    sentHeight: number | null;
    codec: string | null;
    grade: "good" | "fair" | "poor";
}

type Stat = Record<string, unknown> & { type?: string };
const numeric = (value: unknown) => (typeof value === "number" ? value : 0);

/** Adds up one report. */
export function read(stats: Iterable<Stat>, at: number): Reading {
    const reading: Reading = { at, sent: 0, received: 0, packets: 0, lost: 0 };
    for (const stat of stats) {
        if (stat.type === "outbound-rtp") reading.sent += numeric(stat.bytesSent);
        if (stat.type !== "inbound-rtp") continue;
        reading.received += numeric(stat.bytesReceived);
        reading.packets += numeric(stat.packetsReceived);
        reading.lost += Math.max(0, numeric(stat.packetsLost));
    }
    return reading;
}

/** Thresholds of a weak line: loss above 3 % or 400 ms there and back; very weak above 10 %. */
export function grade(lossPercent: number, delayMs: number | null): Quality["grade"] {
    if (lossPercent > 10 || (delayMs ?? 0) > 800) return "poor";
    return lossPercent > 3 || (delayMs ?? 0) > 400 ? "fair" : "good";
}

export function quality(stats: readonly Stat[], before: Reading | null, now: Reading): Quality {
    const seconds = before ? Math.max(0.1, (now.at - before.at) / 1000) : 1;
    const rate = (key: "sent" | "received") =>
        before ? Math.max(0, Math.round(((now[key] - before[key]) * 8) / seconds / 1000)) : 0;
    const lost = before ? Math.max(0, now.lost - before.lost) : 0;
    const packets = before ? Math.max(0, now.packets - before.packets) : 0;
    const lossPercent = lost + packets > 0 ? (100 * lost) / (lost + packets) : 0;
    const pair = stats.find((stat) => stat.type === "candidate-pair" && stat.nominated && stat.state === "succeeded");
    const delayMs = pair ? Math.round(numeric(pair.currentRoundTripTime) * 1000) : null;
    const video = stats
        .filter((stat) => stat.type === "outbound-rtp" && stat.kind === "video" && numeric(stat.framesPerSecond) > 0)
        .sort((a, b) => numeric(b.frameHeight) - numeric(a.frameHeight))[0];
    const codec = video && stats.find((stat) => stat.type === "codec" && stat.id === video.codecId);
    return {
        upKbit: rate("sent"),
        downKbit: rate("received"),
        lossPercent,
        delayMs,
        framesPerSecond: video ? Math.round(numeric(video.framesPerSecond)) : null,
        sentHeight: video ? numeric(video.frameHeight) || null : null,
        codec: typeof codec?.mimeType === "string" ? (codec.mimeType.split("/")[1] ?? null) : null,
        grade: grade(lossPercent, delayMs),
    };
}
