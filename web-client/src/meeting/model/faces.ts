// The right name under the right face. The hub says "from RTP timestamp T on, slot 3 carries X"; frames of
// the former source may still be on their way, so the label waits for the first frame at or after T.

/** Whether frame `frame` is at or after `from`, on the 32-bit circle of RTP timestamps (RFC 3550 §5.1). */
export function reached(frame: number, from: number): boolean {
    return ((frame - from) >>> 0) < 0x8000_0000;
}
