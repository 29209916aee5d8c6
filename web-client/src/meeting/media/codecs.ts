// Fewer codecs in the offer. Nineteen m-lines with everything Chromium knows make 75 kB of SDP, a second
// and a half on a weak line; with what the hub forwards it is a third of that.

const WANTED = /^(audio\/(opus|red)|video\/(vp8|vp9|av1|rtx))$/i;

/** Profiles other than the first are for 4:4:4 and ten bits, which no meeting sends. */
const ordinary = (codec: RTCRtpCodec) => !/profile(-id)?=[1-9]/.test(codec.sdpFmtpLine ?? "");

/** Leaves only what is wanted on this line, when the browser lets us. */
export function lean(kind: "audio" | "video", transceiver: RTCRtpTransceiver): RTCRtpTransceiver {
    // Firefox 153 leaves orphaned feedback lines behind after this call, and offers little anyway.
    if (navigator.userAgent.includes("Firefox/")) return transceiver;
    const all = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const wanted = all.filter((codec) => WANTED.test(codec.mimeType) && ordinary(codec));
    try {
        if (wanted.length > 0) transceiver.setCodecPreferences(wanted);
    } catch {
        // The full list works as well, only slower.
    }
    return transceiver;
}
