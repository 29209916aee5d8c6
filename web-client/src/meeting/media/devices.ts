// Microphones, cameras and loudspeakers of this machine.

export interface DeviceList {
    microphones: MediaDeviceInfo[];
    cameras: MediaDeviceInfo[];
    speakers: MediaDeviceInfo[];
}

export const noDevices: DeviceList = { microphones: [], cameras: [], speakers: [] };

/** Browsers hide `mediaDevices` on plain http except on localhost. */
function capture(): MediaDevices {
    if (navigator.mediaDevices) return navigator.mediaDevices;
    const error = new Error("media devices need a secure context");
    error.name = "InsecureError";
    throw error;
}

async function track(constraints: MediaStreamConstraints): Promise<MediaStreamTrack> {
    const stream = await capture().getUserMedia(constraints);
    const first = stream.getTracks()[0];
    if (!first) throw new DOMException("no track", "NotFoundError");
    return first;
}

/** Opens with the remembered device; when it is gone, with any. */
async function preferring(
    deviceId: string | null,
    open: (id: ConstrainDOMString | undefined) => Promise<MediaStreamTrack>,
): Promise<MediaStreamTrack> {
    if (!deviceId) return open(undefined);
    try {
        return await open({ exact: deviceId });
    } catch (error) {
        if (error instanceof Error && /NotFound|Overconstrained/.test(error.name)) return open(undefined);
        throw error;
    }
}

export function openMicrophone(deviceId: string | null): Promise<MediaStreamTrack> {
    return preferring(deviceId, (id) =>
        track({ audio: { deviceId: id, echoCancellation: true, noiseSuppression: true, autoGainControl: true } }),
    );
}

export function openCamera(deviceId: string | null): Promise<MediaStreamTrack> {
    return preferring(deviceId, (id) =>
        track({
            video: {
                deviceId: id,
                width: { ideal: 1280 },
                height: { ideal: 720 },
                frameRate: { ideal: 30, max: 30 },
            },
        }),
    );
}

export const canPresent = () => typeof navigator.mediaDevices?.getDisplayMedia === "function";

/** The person chooses a screen, window or tab. */
export async function openScreen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | null }> {
    const stream = await capture().getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 }, width: { max: 1920 }, height: { max: 1080 } },
        audio: true,
    });
    const video = stream.getVideoTracks()[0];
    if (!video) throw new DOMException("no track", "NotFoundError");
    video.contentHint = "detail";
    return { video, audio: stream.getAudioTracks()[0] ?? null };
}

export async function listDevices(): Promise<DeviceList> {
    try {
        const all = await capture().enumerateDevices();
        const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId);
        return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
    } catch {
        return noDevices;
    }
}

export function onDevicesChanged(act: () => void): () => void {
    navigator.mediaDevices?.addEventListener("devicechange", act);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", act);
}

/** Whether this browser can choose a loudspeaker. */
export const canChooseSpeaker = () => "setSinkId" in HTMLMediaElement.prototype;

export async function routeTo(element: HTMLMediaElement, speaker: string | null): Promise<void> {
    if (!canChooseSpeaker()) return;
    try {
        await element.setSinkId(speaker ?? "");
    } catch {
        // The loudspeaker is gone: the system's own choice goes on.
    }
}
