"""A client that knows only WHIP and WHEP, on a WebRTC stack that is neither ours nor a browser's (aiortc).

    standard_client.py publish URL TOKEN
    standard_client.py view URL TOKEN KIND...        one m-line per word `audio` or `video`, in this order

Prints what it meets as JSON, one line each; an empty line on standard input ends the session by DELETE.
"""

import asyncio
import fractions
import json
import math
import ssl
import struct
import sys
import time
import urllib.error
import urllib.request

import av
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

RATE = 48000
PER_FRAME = RATE // 50


def say(**what):
    print(json.dumps(what), flush=True)


def request(method, url, token, body=None):
    """One HTTP exchange: status, headers, text. The hub's certificate is its own."""
    context = ssl._create_unverified_context()
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/sdp"
    asked = urllib.request.Request(url, body and body.encode(), headers, method=method)
    try:
        with urllib.request.urlopen(asked, context=context) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read().decode()


class Bars(MediaStreamTrack):
    """Bright bars that wander."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self.started = time.time()
        self.count = 0

    async def recv(self):
        await asyncio.sleep(max(0, self.started + self.count / 20 - time.time()))
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane, base in zip(frame.planes, (150, 90, 170)):
            row = bytes(base + (60 if (x // 16 + self.count // 2) % 3 == 0 else 0) for x in range(plane.line_size))
            plane.update(row * plane.height)
        frame.pts, frame.time_base = self.count * 4500, fractions.Fraction(1, 90000)
        self.count += 1
        return frame


class Tone(MediaStreamTrack):
    """A loud 440 Hz."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.started = time.time()
        self.count = 0

    async def recv(self):
        await asyncio.sleep(max(0, self.started + self.count / 50 - time.time()))
        first = self.count * PER_FRAME
        samples = (int(16000 * math.sin(2 * math.pi * 440 * (first + n) / RATE)) for n in range(PER_FRAME))
        frame = av.AudioFrame("s16", "mono", PER_FRAME)
        frame.planes[0].update(struct.pack(f"<{PER_FRAME}h", *samples))
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, fractions.Fraction(1, RATE)
        self.count += 1
        return frame


async def watch(index, track):
    """Tells about every 20th thing decoded: how bright, how loud."""
    count = 0
    while True:
        try:
            frame = await track.recv()
        except Exception:
            return
        count += 1
        if count % 20:
            continue
        if track.kind == "video":
            plane = bytes(frame.planes[0])
            say(track=index, kind="video", width=frame.width, light=sum(plane) / len(plane))
        else:
            raw = bytes(frame.planes[0])
            peak = max(abs(sample) for (sample,) in struct.iter_unpack("<h", raw[: len(raw) & ~1]))
            say(track=index, kind="audio", peak=peak)


async def main():
    role, url, token, *kinds = sys.argv[1:]
    # aiortc's default, a transport per kind, leaves the second line of the kind that is moved without one:
    # with several lines of both kinds its own bundling is asked for.
    several = all(kinds.count(kind) > 1 for kind in ("audio", "video"))
    policy = RTCBundlePolicy.MAX_BUNDLE if several else RTCBundlePolicy.BALANCED
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=policy))
    peer.on("connectionstatechange", lambda: say(state=peer.connectionState))
    watchers = []
    if role == "publish":
        peer.addTransceiver(Tone(), direction="sendonly")
        peer.addTransceiver(Bars(), direction="sendonly")
    else:
        peer.on("track", lambda track: watchers.append(asyncio.ensure_future(watch(len(watchers), track))))
        for kind in kinds:
            peer.addTransceiver(kind, direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    loop = asyncio.get_running_loop()
    exchange = lambda *what: loop.run_in_executor(None, request, *what)  # noqa: E731
    status, headers, text = await exchange("POST", url, token, peer.localDescription.sdp)
    say(status=status, location=headers.get("Location"), etag=headers.get("ETag"), type=headers.get("Content-Type"))
    if status != 201:
        say(refusal=text)
        return
    await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
    await loop.run_in_executor(None, sys.stdin.readline)
    origin = url.split("/w", 1)[0]
    status, _, _ = await exchange("DELETE", origin + headers["Location"], token)
    say(deleted=status)
    await peer.close()


asyncio.run(main())
