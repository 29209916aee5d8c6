// A bad line between the hub and one Chromium, over the relay: sound goes on, the picture becomes smaller,
// nothing piles up on the line, and the full picture comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { enter, signIn } from './harness/people.mjs';
import { Relay } from './harness/relay.mjs';
import { concealed, hears, pictureHeight, seesFace } from './harness/senses.mjs';
import { toneFile } from './harness/tone.mjs';

let hub;
let chromium;

before(async () => {
  // One worker: all media goes through one port.
  hub = await Hub.start(['media.workers=1']);
  chromium = await launch('chromium', { sound: toneFile() });
});

after(async () => {
  await chromium?.close();
  await hub?.stop();
});

/** The chair on a good line, a clerk behind the relay; both hear and see each other. */
async function meeting(t, seed) {
  const relay = await Relay.start(hub, seed);
  const sender = await chromium.visitor();
  const receiver = await chromium.visitor({ via: relay.address });
  t.after(() => Promise.all([sender.close(), receiver.close()]).then(() => relay.stop()));
  await signIn(sender, hub, 'chutri');
  await enter(sender, hub);
  await signIn(receiver, hub, 'vanthu.stttt');
  await enter(receiver, hub);
  await Promise.all([seesFace(receiver, sender.me), hears(receiver)]);
  return { relay, sender, receiver };
}

const seconds = (count) => new Promise((resume) => setTimeout(resume, count * 1000));

/** Asks again until `good`; answers what was found and how many milliseconds it took. */
async function becomes(what, ask, good, patience) {
  const start = Date.now();
  for (;;) {
    const answer = await ask();
    if (good(answer)) return [answer, Date.now() - start];
    if (Date.now() - start > patience) assert.fail(`${what}: still ${answer}`);
    await new Promise((resume) => setTimeout(resume, 250));
  }
}

test('on thin downlinks sound goes on, nothing piles up, and the full picture comes back', async (t) => {
  const { relay, sender, receiver } = await meeting(t, 1);
  const height = () => pictureHeight(receiver, sender.me);
  const [full] = await becomes('the picture on a wide line', height, (lines) => lines >= 360, 40_000);

  for (const rate of [400, 150]) {
    relay.shape(`down rate=${rate}000 delay=20`);
    const [thin, took] = await becomes('the picture on a thin line', height, (lines) => lines < full, 20_000);
    await seconds(Math.max(0, 5 - took / 1000));
    await relay.measure();
    const share = await concealed(receiver, 5);
    const { wait } = (await relay.measure()).down;
    t.diagnostic(`${rate} kbit/s: ${thin} lines after ${took} ms, then a queue of ${wait} ms at most, ${(share * 100).toFixed(1)} % of the sound made up`);
    assert.ok(share < 0.03, `${rate} kbit/s: ${share} of the sound is made up`);
    assert.ok(wait < 200, `${rate} kbit/s: ${wait} ms wait on the line`);
  }

  relay.shape('down delay=20');
  const [, took] = await becomes('the picture after recovery', height, (lines) => lines === full, 40_000);
  t.diagnostic(`${full} lines again ${took} ms after the line recovered`);
  await hears(receiver);
});

test('sound goes on over a line that loses every tenth packet', async (t) => {
  const { relay, sender, receiver } = await meeting(t, 2);
  relay.shape('down loss=0.1 delay=20');
  await seconds(3);
  const share = await concealed(receiver, 8);
  t.diagnostic(`10 % loss: ${(share * 100).toFixed(1)} % of the sound made up`);
  assert.ok(share < 0.03, `${share} of the sound is made up`);
  await seesFace(receiver, sender.me);
});

test('a thin uplink keeps the voice and a small picture alive', async (t) => {
  const { relay, sender, receiver } = await meeting(t, 3);
  relay.shape('up rate=500000 delay=20');
  await seconds(8);
  const share = await concealed(sender, 6);
  t.diagnostic(`500 kbit/s up: ${(share * 100).toFixed(1)} % of the sound made up`);
  assert.ok(share < 0.03, `${share} of the sound is made up`);
  await seesFace(sender, receiver.me);
});
