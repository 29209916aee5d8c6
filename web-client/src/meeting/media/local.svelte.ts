// What this machine sends: microphone, camera, screen. Opens, changes and closes devices and says in
// one word what went wrong; nothing here ever keeps anybody from joining.

import {
    listDevices,
    noDevices,
    onDevicesChanged,
    openCamera,
    openMicrophone,
    openScreen,
    type DeviceList,
} from "./devices";
import { failureOf, type Failure } from "./failure";
import { meter } from "./level";
import type { LocalTracks } from "./peer";

export type DeviceKind = "microphone" | "camera";

interface Device {
    state: "closed" | "opening" | "ready" | "failed";
    failure: Failure | null;
    track: MediaStreamTrack | null;
    /** The chosen device; null is the browser's own choice. */
    chosen: string | null;
}

const stored = (key: string) => {
    try {
        return localStorage.getItem(`lt.${key}`);
    } catch {
        return null;
    }
};
const store = (key: string, value: string) => {
    try {
        localStorage.setItem(`lt.${key}`, value);
    } catch {
        // Without storage the choice lasts as long as the page.
    }
};

export class LocalMedia {
    /** The person's own switches. */
    wish = $state({ microphone: stored("microphoneOn") !== "no", camera: stored("cameraOn") !== "no" });
    microphone = $state.raw<Device>({ state: "closed", failure: null, track: null, chosen: stored("microphone") });
    camera = $state.raw<Device>({ state: "closed", failure: null, track: null, chosen: stored("camera") });
    screen = $state.raw<{ video: MediaStreamTrack; audio: MediaStreamTrack | null } | null>(null);
    speaker = $state<string | null>(stored("speaker"));
    devices = $state.raw<DeviceList>(noDevices);
    /** Loudness of the own microphone, 0…1, whether it is sent or not. */
    level = $state(0);
    /** The device in use was pulled out; said once. */
    lost = $state<DeviceKind | null>(null);

    #stopMeter: (() => void) | null = null;
    #stopListening = onDevicesChanged(() => void this.#devicesChanged());

    /** What goes on the wire: a switched-off microphone is not sent at all. */
    get tracks(): LocalTracks {
        return {
            microphone: this.wish.microphone ? this.microphone.track : null,
            camera: this.wish.camera ? this.camera.track : null,
            screen: this.screen?.video ?? null,
            screenAudio: this.screen?.audio ?? null,
        };
    }

    /** Opens what is switched on; the microphone always, for its meter. */
    async open(): Promise<void> {
        await Promise.all([this.#open("microphone"), this.wish.camera ? this.#open("camera") : undefined]);
        this.devices = await listDevices();
    }

    async switch(kind: DeviceKind, on: boolean, remember = true): Promise<void> {
        this.wish[kind] = on;
        if (remember) store(`${kind}On`, on ? "yes" : "no");
        if (on && !this[kind].track) await this.#open(kind);
        // The camera's lamp goes out; the microphone stays open, unsent, for "you speak while muted".
        if (!on && kind === "camera") this.#close("camera");
    }

    async choose(kind: DeviceKind, deviceId: string): Promise<void> {
        store(kind, deviceId);
        this[kind] = { ...this[kind], chosen: deviceId };
        if (kind === "microphone" || this.wish.camera) await this.#open(kind);
    }

    chooseSpeaker(deviceId: string) {
        store("speaker", deviceId);
        this.speaker = deviceId;
    }

    /** Asks the browser again after a refusal or a missing device. */
    async retry(kind: DeviceKind): Promise<void> {
        await this.#open(kind);
        this.devices = await listDevices();
    }

    async present(): Promise<void> {
        const screen = await openScreen();
        // The browser's own "stop sharing" ends the track.
        screen.video.onended = () => this.stopPresenting();
        this.stopPresenting();
        this.screen = screen;
    }

    stopPresenting() {
        this.screen?.video.stop();
        this.screen?.audio?.stop();
        this.screen = null;
    }

    close() {
        this.#stopListening();
        this.stopPresenting();
        this.#close("microphone");
        this.#close("camera");
    }

    async #open(kind: DeviceKind): Promise<void> {
        const before = this[kind];
        this[kind] = { ...before, state: "opening", failure: null };
        try {
            const track = await (kind === "microphone" ? openMicrophone : openCamera)(before.chosen);
            // Switched off or changed again while the browser asked: the newest wish counts.
            if (kind === "camera" && !this.wish.camera) return track.stop();
            const old = this[kind].track;
            track.onended = () => void this.#ended(kind, track);
            this[kind] = { ...this[kind], state: "ready", failure: null, track };
            old?.stop();
            if (kind === "microphone") this.#measure(track);
            this.lost = null;
        } catch (error) {
            this[kind].track?.stop();
            this[kind] = { ...this[kind], state: "failed", failure: failureOf(error), track: null };
        }
    }

    #measure(track: MediaStreamTrack) {
        this.#stopMeter?.();
        this.#stopMeter = meter(track, (level) => (this.level = level));
    }

    #close(kind: DeviceKind) {
        const device = this[kind];
        device.track?.stop();
        this[kind] = { ...device, state: "closed", failure: null, track: null };
        if (kind === "microphone") this.#stopMeter?.();
    }

    /** Pulled out in mid-call: take another one without asking. */
    async #ended(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
        if (this[kind].track !== track) return;
        this[kind] = { ...this[kind], track: null, chosen: null };
        await this.#open(kind);
        this.lost = kind;
    }

    async #devicesChanged(): Promise<void> {
        this.devices = await listDevices();
        for (const kind of ["microphone", "camera"] as const) {
            const wanted = kind === "microphone" || this.wish.camera;
            if (wanted && this[kind].state === "failed" && this[kind].failure === "missing") await this.#open(kind);
        }
    }
}
