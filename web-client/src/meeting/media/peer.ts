// One PeerConnection, negotiated once. The order of its m-lines is the contract with the hub:
// 0 microphone · 1 camera (simulcast) · 2 screen · 3 screen's sound · 3 audio slots · 12 video slots.
// Tracks come and go by replaceTrack; joins, leaves and layouts need no SDP.

import { AUDIO_SLOTS, VIDEO_SLOTS } from "../model/stage";
import { lean } from "./codecs";
import { layersFor, needed } from "./layers";
import { speechOpus } from "./sdp";

export interface LocalTracks {
    microphone: MediaStreamTrack | null;
    camera: MediaStreamTrack | null;
    screen: MediaStreamTrack | null;
    screenAudio: MediaStreamTrack | null;
}

const SENDERS = ["microphone", "camera", "screen", "screenAudio"] as const;
/** Chromium then makes three temporal layers, of which the hub leaves out the upper ones on thin lines: the
 *  picture stays sharp and loses frames. Firefox does not know the word and sends one layer. */
const SCREEN: RTCRtpEncodingParameters & { scalabilityMode: string } = {
    maxBitrate: 2_500_000,
    maxFramerate: 30,
    scalabilityMode: "L1T3",
};

export class Peer {
    readonly connection: RTCPeerConnection;
    /** One stream per receive slot, in the order of the hub's slot numbers. */
    readonly audioSlots: MediaStream[];
    readonly videoSlots: MediaStream[];
    readonly #senders: Record<(typeof SENDERS)[number], RTCRtpSender>;
    /** Which layers of the camera anybody needs, lowest first; all until the hub says otherwise. */
    #needed: readonly boolean[] = [];
    #closed = false;
    #last: Promise<void> = Promise.resolve();

    constructor(iceServers: RTCIceServer[], onState: (state: RTCPeerConnectionState) => void) {
        this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
        const line = (kind: "audio" | "video", init: RTCRtpTransceiverInit) =>
            lean(kind, this.connection.addTransceiver(kind, init));
        const send = (kind: "audio" | "video", sendEncodings?: RTCRtpEncodingParameters[]) =>
            line(kind, { direction: "sendonly", sendEncodings }).sender;
        const receive = (kind: "audio" | "video") =>
            new MediaStream([line(kind, { direction: "recvonly" }).receiver.track]);
        this.#senders = {
            microphone: send("audio"),
            camera: send("video", layersFor(720)),
            screen: send("video", [SCREEN]),
            screenAudio: send("audio"),
        };
        this.audioSlots = Array.from({ length: AUDIO_SLOTS }, () => receive("audio"));
        this.videoSlots = Array.from({ length: VIDEO_SLOTS }, () => receive("video"));
        this.connection.onconnectionstatechange = () => {
            if (!this.#closed) onState(this.connection.connectionState);
        };
    }

    /** The offer, with the candidates found so far: the hub is ICE-lite and learns ours from checks. */
    async offer(): Promise<string> {
        await this.connection.setLocalDescription();
        return this.connection.localDescription?.sdp ?? "";
    }

    /** An offer that keeps everything but the way the packets go (RFC 8829 §3.5.1.1 ICE restart). */
    restart(): Promise<string> {
        this.connection.restartIce();
        return this.offer();
    }

    /** Whether an answer is that of the connection as it stood: the hub keeps its SSRCs over a restart. */
    continues(sdp: string): boolean {
        const ssrc = /^a=ssrc:\d+ /m.exec(sdp)?.[0];
        return ssrc !== undefined && (this.connection.currentRemoteDescription?.sdp ?? "").includes(ssrc);
    }

    async answer(sdp: string): Promise<void> {
        if (!this.#closed) await this.connection.setRemoteDescription({ type: "answer", sdp: speechOpus(sdp) });
    }

    /** Puts the given tracks on the wire and takes the others off. One change after the other: a camera
     *  switched off while it was being put on must not be sent. */
    send(tracks: LocalTracks): Promise<void> {
        const change = this.#last.then(() => this.#apply(tracks));
        this.#last = change.catch(() => {});
        return change;
    }

    async #apply(tracks: LocalTracks): Promise<void> {
        if (this.#closed) return;
        await Promise.all(
            SENDERS.map(async (kind) => {
                const sender = this.#senders[kind];
                const track = tracks[kind];
                if (sender.track === track) return;
                if (kind === "camera" && track) await this.#fit(sender, track);
                await sender.replaceTrack(track);
            }),
        );
    }

    /** The hub says which layers of the camera are needed: the others cost uplink and processor for nothing. */
    need(layers: readonly boolean[]): Promise<void> {
        this.#needed = layers;
        const { camera } = this.#senders;
        const change = this.#last.then(() => (camera.track && !this.#closed ? this.#fit(camera, camera.track) : undefined));
        this.#last = change.catch(() => {});
        return this.#last;
    }

    /** Adapts the layers to what the camera really delivers and to what is needed of it. */
    async #fit(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
        const parameters = sender.getParameters();
        const wanted = needed(layersFor(track.getSettings().height ?? 720), this.#needed);
        for (const encoding of parameters.encodings) {
            const settings = wanted.find((layer) => layer.rid === encoding.rid);
            if (settings) Object.assign(encoding, { ...settings, rid: encoding.rid });
        }
        try {
            await sender.setParameters(parameters);
        } catch {
            // Refused before the answer in some browsers: the layers of the offer stay.
        }
    }

    get connected(): boolean {
        return this.connection.connectionState === "connected";
    }

    stats(): Promise<RTCStatsReport> {
        return this.connection.getStats();
    }

    close() {
        this.#closed = true;
        this.connection.close();
    }
}
