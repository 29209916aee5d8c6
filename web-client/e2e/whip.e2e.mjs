// Standard clients at the doors for WHIP (RFC 9725) and WHEP: aiortc, and a page that knows nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { MEETING, enter, signIn } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';
import { Aiortc, light, publishByWhip, restartIce, standardPage, viewByWhep } from './harness/standard.mjs';

const SITE = 'Điểm cầu Lệ Thủy';

let hub;
let chromium;
let firefox;

before(async () => {
  hub = await Hub.start();
  [chromium, firefox] = await Promise.all([launch('chromium'), launch('firefox')]);
});

after(async () => {
  await Promise.all([chromium, firefox].map((browser) => browser?.close()));
  await hub?.stop();
});

const token = (role, name) => hub.admin('token', '--meeting', MEETING, '--role', role, '--name', name);
const whip = () => `${hub.origin}/whip/${MEETING}`;
const whep = () => `${hub.origin}/whep/${MEETING}`;

async function chairIn(t) {
  const chair = await chromium.visitor();
  t.after(() => chair.close());
  await signIn(chair, hub, 'chutri');
  await enter(chair, hub);
  return chair;
}

function client(t, ...words) {
  const aiortc = new Aiortc(...words);
  t.after(() => aiortc.kill());
  return aiortc;
}

/** A picture of the browser's fake camera on this track; it is dim. */
const camera = (track) => (line) => line.kind === 'video' && line.track === track && line.light > 5;
/** The bright bars of the aiortc encoder on this track. */
const bars = (track) => (line) => camera(track)(line) && line.width === 320 && line.light > 120;
/** The tone of the aiortc encoder. */
const loud = (line) => line.kind === 'audio' && line.peak > 5_000;
const several = (kind, count) => Array.from({ length: count }, () => kind);

test('an aiortc encoder is a participant, and aiortc viewers see whom the meeting shows', async (t) => {
  const chair = await chairIn(t);
  const site = token('site', SITE);
  const encoder = client(t, 'publish', whip(), site);
  const made = await encoder.tells('an answer', (line) => 'status' in line);
  assert.deepEqual([made.status, made.type], [201, 'application/sdp']);
  assert.ok(made.location.startsWith(`/whip/${MEETING}/`) && /^".+"$/.test(made.etag), JSON.stringify(made));
  await seesFace(chair, SITE, 40_000);
  await hears(chair, 40_000);

  const wall = client(t, 'view', whep(), token('observer', 'Màn hình lớn'), ...several('video', 3), ...several('audio', 2));
  await Promise.all([
    wall.tells('the chair, first in protocol order', camera(0)),
    wall.tells('the encoder', bars(1)),
    // The chair's browser only beeps now and then, softly.
    wall.tells("the encoder's tone, beside the chair", loud),
  ]);
  assert.ok(!wall.told.some((line) => line.track === 2), 'a third picture came from nowhere');

  // The voice first, and a transport of its own for it: aiortc's default.
  const desk = client(t, 'view', whep(), token('observer', 'Bàn kỹ thuật'), 'audio', ...several('video', 2));
  await Promise.all([
    desk.tells('the chair', camera(1)),
    desk.tells('the encoder', bars(2)),
    desk.tells('any voice', (line) => line.kind === 'audio'),
  ]);

  const own = client(t, 'view', whep(), site, ...several('video', 2), 'audio');
  await own.tells("the chair's picture", camera(0));
  assert.ok(!own.told.some((line) => line.track === 1 || bars(0)(line)), 'the encoder was shown itself');

  assert.equal(await own.end(), 200);
  assert.equal(await encoder.end(), 200);
  await chair.until('the seat to go', (name) => !document.body.innerText.includes(name), SITE);
});

test('what the chair mutes is not heard through WHEP either', async (t) => {
  const chair = await chairIn(t);
  await chair.press('Tắt micro');
  const encoder = client(t, 'publish', whip(), token('site', SITE));
  const ear = client(t, 'view', whep(), token('observer', 'Ghi âm'), 'audio');
  await ear.tells('a voice', loud);
  await chair.press('Người');
  await chair.press('Tắt micro tất cả');
  const pause = (seconds) => new Promise((resume) => setTimeout(resume, seconds * 1000));
  await pause(2);
  const muted = ear.told.length;
  await pause(2);
  assert.ok(!ear.told.slice(muted).some(loud), 'a muted encoder is still heard');
  await encoder.end();
  await ear.end();
});

test('a page that knows only WHIP publishes three layers; another by WHEP sees it, over an ICE restart', async (t) => {
  const page = await standardPage();
  t.after(page.close);
  const chair = await chairIn(t);
  await chair.press('Tắt camera');
  const studio = await chromium.visitor();
  const screen = await firefox.visitor();
  t.after(() => Promise.all([studio.close(), screen.close()]));
  await studio.open(page.url);
  const published = await studio.evaluate(publishByWhip, { url: whip(), token: token('delegate', SITE) });
  assert.deepEqual([published.status, published.layers], [201, 'a;b;c'], JSON.stringify(published));
  await seesFace(chair, SITE);
  await screen.open(page.url);
  assert.equal(await screen.evaluate(viewByWhep, { url: whep(), token: token('observer', 'Màn hình') }), 201);
  await screen.until('a lit picture', light);
  const restarted = await studio.evaluate(restartIce);
  assert.equal(restarted.status, 200);
  assert.notEqual(restarted.etag, published.etag);
  await studio.until('ICE to be connected anew', () => ['connected', 'completed'].includes(window.session.peer.iceConnectionState));
  await seesFace(chair, SITE);
});
