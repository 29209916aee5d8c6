// An office whose firewall lets no UDP through: the meeting goes over TCP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { allowUdp, refuseUdp } from './harness/network.mjs';
import { enter, ownSeat, signIn } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';

let hub;
let chromium;
let far;

before(async () => {
  hub = await Hub.start(['media.tcp_port=40443']);
  [chromium, far] = await Promise.all([launch('chromium'), launch('far')]);
});

after(async () => {
  await Promise.all([chromium, far].map((browser) => browser?.close()));
  await hub?.stop();
});

async function enters(t, browser, login) {
  const visitor = await browser.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, login);
  await enter(visitor, hub);
  return visitor;
}

/** What carries the visitor's media: `udp` or `tcp`. */
function carrier(visitor) {
  return visitor.evaluate(async () => {
    const peer = window.peers.findLast((p) => p.connectionState === 'connected');
    const stats = await peer.getStats();
    const transport = [...stats.values()].find((report) => report.type === 'transport');
    const pair = stats.get(transport.selectedCandidatePairId);
    return stats.get(pair.remoteCandidateId).protocol;
  });
}

test('behind a firewall without UDP people see and hear each other over TCP', async (t) => {
  refuseUdp();
  t.after(allowUdp);
  const chair = await enters(t, chromium, 'chutri');
  const office = await enters(t, far, 'vanthu.stttt');
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me)]);
  await Promise.all([hears(chair), hears(office)]);
  assert.deepEqual([await carrier(chair), await carrier(office)], ['udp', 'tcp']);
});

test('a firewall that closes in mid-meeting is got over, in the same seat', async (t) => {
  const chair = await enters(t, chromium, 'chutri');
  const office = await enters(t, far, 'vanthu.stttt');
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me)]);
  assert.equal(await carrier(office), 'udp');
  const seat = await ownSeat(office);
  refuseUdp();
  t.after(allowUdp);
  const closed = Date.now();
  await office.until(
    'media to go over TCP',
    async () => {
      const peer = window.peers.findLast((p) => p.connectionState === 'connected');
      const stats = peer && (await peer.getStats());
      const transport = stats && [...stats.values()].find((report) => report.type === 'transport');
      const pair = transport && stats.get(transport.selectedCandidatePairId);
      return pair && stats.get(pair.remoteCandidateId).protocol === 'tcp';
    },
    undefined,
    40_000,
  );
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me), hears(chair), hears(office)]);
  t.diagnostic(`over TCP ${Date.now() - closed} ms after UDP was refused`);
  assert.equal(await ownSeat(office), seat);
  assert.equal(await office.evaluate(() => window.peers.length), 1, 'the connection itself was kept');
});
