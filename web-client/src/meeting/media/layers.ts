// The camera's simulcast layers, low to high. Chromium sends three layers only from 960×540 and two from
// 640×360 up, so a small camera gets fewer layers with its full picture in the highest one.

export interface LayerSettings {
    rid: "q" | "h" | "f";
    active: boolean;
    scaleResolutionDownBy: number;
    maxBitrate: number;
    maxFramerate: number;
}

const layer = (
    rid: LayerSettings["rid"],
    scaleResolutionDownBy: number,
    maxBitrate: number,
    active = true,
): LayerSettings => ({ rid, active, scaleResolutionDownBy, maxBitrate, maxFramerate: 30 });

/** Settings for a camera of this height; 720 lines when not known yet. */
export function layersFor(height: number): LayerSettings[] {
    if (height >= 540) return [layer("q", 4, 100_000), layer("h", 2, 400_000), layer("f", 1, 1_500_000)];
    if (height >= 340) return [layer("q", 2, 150_000), layer("h", 1, 700_000), layer("f", 1, 700_000, false)];
    return [layer("q", 1, 250_000), layer("h", 1, 250_000, false), layer("f", 1, 250_000, false)];
}

/** The settings with the layers nobody needs switched off; `layers` says lowest first which are needed. */
export function needed(settings: LayerSettings[], layers: readonly boolean[]): LayerSettings[] {
    return settings.map((one, at) => ({ ...one, active: one.active && (layers[at] ?? true) }));
}
