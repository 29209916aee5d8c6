import { describe, expect, test } from "vitest";
import { failureOf } from "./failure";
import { layersFor, needed } from "./layers";
import { grade, quality, read } from "./quality";
import { speechOpus } from "./sdp";

test("failures of devices by their browser names", () => {
    expect(failureOf(new DOMException("", "NotAllowedError"))).toBe("refused");
    expect(failureOf(new DOMException("", "NotFoundError"))).toBe("missing");
    expect(failureOf(new DOMException("", "NotReadableError"))).toBe("busy");
    expect(failureOf(Object.assign(new Error(), { name: "InsecureError" }))).toBe("insecure");
    expect(failureOf("?")).toBe("other");
});

describe("layers", () => {
    test("an ordinary camera sends q, h, f as agreed with the hub", () => {
        expect(layersFor(720).map((layer) => [layer.rid, layer.scaleResolutionDownBy, layer.maxBitrate])).toEqual([
            ["q", 4, 100_000],
            ["h", 2, 400_000],
            ["f", 1, 1_500_000],
        ]);
    });
    test("a low camera puts its full picture into the highest layer that browsers send", () => {
        const active = (height: number) => layersFor(height).filter((layer) => layer.active);
        expect(active(480).map((layer) => [layer.rid, layer.scaleResolutionDownBy])).toEqual([
            ["q", 2],
            ["h", 1],
        ]);
        expect(active(240).map((layer) => layer.rid)).toEqual(["q"]);
    });
    test("layers nobody needs are off; what the camera cannot give stays off", () => {
        const active = (height: number, layers: boolean[]) => needed(layersFor(height), layers).map((one) => one.active);
        expect(active(720, [true, false, false])).toEqual([true, false, false]);
        expect(active(720, [])).toEqual([true, true, true]);
        expect(active(360, [true, true, true])).toEqual([true, true, false]);
    });
});

describe("Opus", () => {
    const sdp = (...lines: string[]) => ["v=0", ...lines, ""].join("\r\n");
    test("asks for FEC and DTX, keeping what the hub said", () => {
        const done = speechOpus(sdp("m=audio 9 x 111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=0"));
        expect(done).toContain("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=0");
    });
    test("adds the line where there is none, and leaves other codecs alone", () => {
        const done = speechOpus(sdp("m=audio 9 x 109", "a=rtpmap:109 opus/48000/2", "m=video 9 x 96", "a=rtpmap:96 VP8/90000", "a=fmtp:96 x=1"));
        expect(done).toContain("a=rtpmap:109 opus/48000/2\r\na=fmtp:109 useinbandfec=1;usedtx=1;stereo=0\r\n");
        expect(done).toContain("a=fmtp:96 x=1");
    });
});

describe("quality", () => {
    const report = (bytes: number, packets: number, lost: number) => [
        { type: "outbound-rtp", kind: "video", bytesSent: bytes, framesPerSecond: 30, frameHeight: 720, codecId: "c" },
        { type: "inbound-rtp", bytesReceived: 2 * bytes, packetsReceived: packets, packetsLost: lost },
        { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.05 },
        { type: "codec", id: "c", mimeType: "video/VP8" },
    ];
    test("rates and loss are of the last interval, not of the whole call", () => {
        const before = read(report(0, 1000, 500), 0);
        const now = report(250_000, 1095, 505);
        expect(quality(now, before, read(now, 2000))).toMatchObject({
            upKbit: 1000,
            downKbit: 2000,
            lossPercent: 5,
            delayMs: 50,
            codec: "VP8",
            sentHeight: 720,
            grade: "fair",
        });
    });
    test("the traffic light", () => {
        expect(grade(0, 20)).toBe("good");
        expect(grade(3.5, 20)).toBe("fair");
        expect(grade(0, 500)).toBe("fair");
        expect(grade(11, 20)).toBe("poor");
    });
});
