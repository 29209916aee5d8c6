// Clients that know nothing of ours: aiortc in a process of its own, and a page with WHIP and WHEP only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(here, '..', '..', '..', 'target');
const python = process.env.LIENTHONG_PYTHON ?? join(target, 'python', 'bin', 'python');

/** An aiortc client; what it prints is waited for with `tells`. */
export class Aiortc {
  constructor(role, url, token, ...lines) {
    this.process = spawn(python, [join(here, 'standard_client.py'), role, url, token, ...lines.map(String)]);
    this.told = [];
    this.errors = '';
    this.process.stderr.on('data', (chunk) => (this.errors += chunk));
    createInterface({ input: this.process.stdout }).on('line', (line) => this.told.push(JSON.parse(line)));
  }

  /** Waits until it has told something like that, from now on with `fresh`. */
  async tells(what, wanted, { fresh = false, patience = 40_000 } = {}) {
    const from = fresh ? this.told.length : 0;
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      const found = this.told.slice(from).find(wanted);
      if (found) return found;
      await new Promise((resume) => setTimeout(resume, 100));
    }
    throw new Error(`aiortc: waited in vain for ${what}\n${JSON.stringify(this.told.slice(-12))}\n${this.errors.slice(-2000)}`);
  }

  /** Ends the session by DELETE. */
  async end() {
    this.process.stdin.write('\n');
    return (await this.tells('the end', (line) => 'deleted' in line)).deleted;
  }

  /** Takes it away without a word. */
  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

/** A page of another origin; answers its address and how to close it. */
export async function standardPage() {
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end('<!doctype html><title>WHIP</title><video autoplay playsinline muted></video>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

// The functions below run in the page; each must stand alone.

/** Publishes camera and microphone, the camera in three layers. */
export async function publishByWhip({ url, token }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
  const peer = new RTCPeerConnection();
  peer.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const layers = [4, 2, 1].map((scaleResolutionDownBy, i) => ({ rid: 'abc'[i], scaleResolutionDownBy }));
  peer.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream], sendEncodings: layers });
  await peer.setLocalDescription();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  const answer = await fetch(url, { method: 'POST', headers, body: peer.localDescription.sdp });
  if (answer.status !== 201) return { status: answer.status, text: await answer.text() };
  const sdp = await answer.text();
  await peer.setRemoteDescription({ type: 'answer', sdp });
  window.session = { peer, token, url: new URL(answer.headers.get('location'), url).href };
  return { status: answer.status, etag: answer.headers.get('etag'), layers: /a=simulcast:recv (\S+)/.exec(sdp)?.[1] };
}

/** Restarts ICE as RFC 9725 §4.3.3 says; the version of the new ICE session. */
export async function restartIce() {
  const { peer, token, url } = window.session;
  await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
  const line = (text, name) => new RegExp(`a=${name}:(\\S+)`).exec(text)?.[1];
  const own = peer.localDescription.sdp;
  const body = `m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-ufrag:${line(own, 'ice-ufrag')}\r\na=ice-pwd:${line(own, 'ice-pwd')}\r\n`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '"*"' };
  const answer = await fetch(url, { method: 'PATCH', headers, body });
  const fragment = await answer.text();
  const before = peer.currentRemoteDescription.sdp;
  const sdp = before
    .replaceAll(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${line(fragment, 'ice-ufrag')}`)
    .replaceAll(/a=ice-pwd:\S+/g, `a=ice-pwd:${line(fragment, 'ice-pwd')}`);
  await peer.setRemoteDescription({ type: 'answer', sdp });
  return { status: answer.status, etag: answer.headers.get('etag') };
}

/** Views one picture and one voice. */
export async function viewByWhep({ url, token }) {
  const peer = new RTCPeerConnection();
  const stream = new MediaStream();
  peer.ontrack = ({ track }) => stream.addTrack(track);
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.addTransceiver('audio', { direction: 'recvonly' });
  await peer.setLocalDescription();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  const answer = await fetch(url, { method: 'POST', headers, body: peer.localDescription.sdp });
  if (answer.status !== 201) return answer.status;
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  document.querySelector('video').srcObject = stream;
  return answer.status;
}

/** How lit the page's one picture is, 0 … 255. */
export function light() {
  const video = document.querySelector('video');
  if (!video.videoWidth) return 0;
  const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 9 });
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 16, 9);
  const { data } = context.getImageData(0, 0, 16, 9);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += Math.max(data[i], data[i + 1], data[i + 2]);
  return sum / (16 * 9) > 40;
}
