// Bad lines between the hub and real browsers, each behind a relay of its own: sound goes on, the picture
// becomes smaller, nothing piles up on the line, and the whole picture comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { MEETING, onStage, signIn } from './harness/people.mjs';
import { Relay } from './harness/relay.mjs';
import { concealed, hears, pictureBecomes, pictureHeight, seesFace } from './harness/senses.mjs';
import { toneFile } from './harness/tone.mjs';

let hub;
let browsers = [];
/** Sends a picture and a tone that never pauses. */
let chair;
/** See and hear the chair over lines of their own, and send nothing. */
let chromium;
let firefox;

before(async () => {
  // One worker: all media goes through one port.
  hub = await Hub.start(['media.workers=1']);
  const listener = { refuses: true };
  browsers = await Promise.all([launch('chromium', { sound: toneFile() }), launch('chromium', listener), launch('firefox', listener)]);
  chair = await person(browsers[0], 'chutri', 1);
  [chromium, firefox] = await Promise.all([person(browsers[1], 'vanthu.stttt', 2), person(browsers[2], 'kythuat', 3)]);
});

after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await Promise.all([chair, chromium, firefox].map((one) => one?.relay.stop()));
  await hub?.stop();
});

async function person(browser, login, seed) {
  const relay = await Relay.start(hub, seed);
  const visitor = await browser.visitor({ via: relay.address });
  await signIn(visitor, hub, login);
  await visitor.open(`${hub.origin}/hop/${MEETING}`);
  await visitor.press('Vào họp');
  await onStage(visitor);
  return { visitor, relay, name: browser.name };
}

const seconds = (count) => new Promise((resume) => setTimeout(resume, count * 1000));
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const said = ({ share, audible }) => `${percent(share)} of the sound made up (${percent(audible)} not silence)`;

/** Both listeners at once; the lines of one must not change under the other, so that a failure waits. */
async function listeners(work) {
  const results = await Promise.allSettled([chromium, firefox].map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Lines of the highest of three layers, also where the sender's computer is too slow for all 720. */
const WHOLE = 540;

test('on a wide line everybody sees the whole picture and hears', async () => {
  await listeners(async ({ visitor }) => {
    await visitor.press('Người nói');
    await Promise.all([seesFace(visitor, chair.visitor.me, 60_000), hears(visitor, 60_000)]);
    await pictureBecomes(visitor, chair.visitor.me, { least: WHOLE }, 60_000);
  });
});

test('a translator of addresses that forgets a browser silences it for less than a second', async (t) => {
  const within = 3;
  /** How long sound was missing at `ear` while the line of `whose` got other ports. */
  async function gap(ear, whose) {
    const sound = concealed(ear.visitor, within);
    whose.relay.rebind();
    const missing = (await sound).share * within;
    t.diagnostic(`${ear.name}, ${whose === chair ? "the speaker's" : 'its own'} line: ${missing.toFixed(2)} s of sound made up`);
    assert.ok(missing < 1, `${ear.name}: ${missing.toFixed(2)} s without sound`);
    await seesFace(ear.visitor, chair.visitor.me);
  }
  await listeners((listener) => gap(listener, listener));
  await gap(chromium, chair);
});

test('the chair sees whose line is poor, and when it is good again', async (t) => {
  await chair.visitor.press('Người');
  await chair.visitor.until('the list of who is in', () => document.querySelector('.people li[data-seat]') !== null);
  const says = (name, words) =>
    chair.visitor.until(
      `“${words}” beside ${name}`,
      ({ name: who, words: what }) =>
        [...document.querySelectorAll('.people li[data-seat]')].some((row) => row.innerText.includes(who) && row.innerText.includes(what)),
      { name, words },
    );
  await says(chromium.visitor.me, 'Đường truyền tốt');
  chromium.relay.shape('down delay=20 loss=0.2');
  const start = Date.now();
  await says(chromium.visitor.me, 'Đường truyền kém');
  t.diagnostic(`told after ${Date.now() - start} ms`);
  await says(firefox.visitor.me, 'Đường truyền tốt');
  chromium.relay.shape('down delay=20');
  await says(chromium.visitor.me, 'Đường truyền tốt');
});

/** The lines of one test (kbit/s), and what picture fits there. */
const RATES = {
  1200: { least: 300, most: Infinity },
  400: { least: 90, most: 450 },
  150: { least: 0, most: 225 },
  64: { least: 0, most: 0 },
};

for (const [forChromium, forFirefox] of [
  [64, 1200],
  [1200, 64],
  [400, 150],
  [150, 400],
]) {
  test(`lines of ${forChromium} and ${forFirefox} kbit/s are found within 5 s, then nothing piles up, and they recover`, async (t) => {
    await listeners(async (listener) => {
      const rate = listener === chromium ? forChromium : forFirefox;
      await becomesThin(t, listener, rate);
      await recovers(t, listener);
    });
  });
}

async function becomesThin(t, { visitor, relay, name }, rate) {
  relay.shape(`down rate=${rate}000 delay=20`);
  const start = Date.now();
  const { lines, after } = await pictureBecomes(visitor, chair.visitor.me, RATES[rate], 5_000);
  await seconds(5 - (Date.now() - start) / 1000);
  await relay.measure();
  const sound = await concealed(visitor, 5);
  const { wait, bytes } = (await relay.measure()).down;
  const used = Math.round((bytes * 8) / 5000);
  const now = await pictureHeight(visitor, chair.visitor.me);
  t.diagnostic(`${name}, ${rate} kbit/s: ${lines} lines after ${after} ms, then ${now}; ${used} kbit/s used, a queue of ${wait} ms at most, ${said(sound)}`);
  assert.ok(wait < 200, `${name}, ${rate} kbit/s: ${wait} ms wait on the line`);
  assert.ok(sound.share < 0.03, `${name}, ${rate} kbit/s: ${said(sound)}`);
}

async function recovers(t, { visitor, relay, name }) {
  relay.shape('down delay=20');
  const { lines, after } = await pictureBecomes(visitor, chair.visitor.me, { least: WHOLE }, 8_000);
  t.diagnostic(`${name}: ${lines} lines ${after} ms after the line recovered`);
  await hears(visitor);
}

for (const { loss, most } of [
  { loss: 'loss=0.1', most: 0.03 },
  { loss: 'loss=0.2', most: 0.06 },
  // A twentieth, four in a row.
  { loss: 'bursts=0.0125', most: 0.06 },
]) {
  test(`sound goes on over a line with ${loss}`, async (t) => {
    await listeners(async ({ visitor, relay, name }) => {
      relay.shape(`down delay=20 ${loss}`);
      await seconds(3);
      const sound = await concealed(visitor, 6);
      relay.shape('down delay=20');
      t.diagnostic(`${name}, ${loss}: ${said(sound)}`);
      assert.ok(sound.share < most, `${name}, ${loss}: ${said(sound)}`);
      await seesFace(visitor, chair.visitor.me);
    });
  });
}

test('a thin uplink keeps the voice and a small picture alive', async (t) => {
  chair.relay.shape('up rate=500000 delay=20');
  await seconds(5);
  await chair.relay.measure();
  await listeners(async ({ visitor, name }) => {
    const sound = await concealed(visitor, 6);
    const lines = await pictureHeight(visitor, chair.visitor.me);
    t.diagnostic(`${name}: ${lines} lines, ${said(sound)}`);
    assert.ok(sound.share < 0.03, `${name}: ${said(sound)}`);
    assert.ok(lines >= 90 && lines < WHOLE, `${name}: ${lines} lines`);
    await seesFace(visitor, chair.visitor.me);
  });
  const { wait, bytes } = (await chair.relay.measure()).up;
  t.diagnostic(`${Math.round((bytes * 8) / 6000)} kbit/s used, a queue of ${wait} ms at most`);
  chair.relay.shape('up');
});
