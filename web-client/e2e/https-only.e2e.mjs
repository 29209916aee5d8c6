// An office whose firewall lets nothing out but HTTPS: the meeting goes through the hub's relay, TURN over TLS on
// the port of the pages.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { allowAll, allowOnly } from './harness/network.mjs';
import { enter, ownSeat, signIn } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';

let hub;
let port;
let chromium;
let far;

before(async () => {
  hub = await Hub.start(['metrics.listen=127.0.0.1:0', 'media.tcp_port=40443']);
  port = Number(new URL(hub.origin).port);
  const certificate = join(hub.data, 'ca.crt');
  const answer = await fetch(`http://${hub.listening.http}/ca.crt`);
  writeFileSync(certificate, await answer.text());
  [chromium, far] = await Promise.all([launch('chromium'), launch('far', { trusts: certificate })]);
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

/** How the visitor's own packets leave: `direct`, or what they take to the relay. */
async function way(visitor) {
  return visitor.evaluate(async () => {
    const peer = window.peers.findLast((p) => p.connectionState === 'connected');
    const stats = await peer.getStats();
    const transport = [...stats.values()].find((report) => report.type === 'transport');
    const local = stats.get(stats.get(transport.selectedCandidatePairId).localCandidateId);
    return local.candidateType === 'relay' ? local.relayProtocol : `direct, ${local.candidateType}`;
  });
}

/** Participants by the way their media goes, as the hub counts them. */
async function legs() {
  const text = await (await fetch(`http://${hub.listening.metrics}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^lienthong_media_legs\{transport="(\w+)"\} (\d+)$/gm)].map(([, name, count]) => [name, Number(count)]),
  );
}

test('where nothing but HTTPS passes, people see and hear each other through the relay', async (t) => {
  allowOnly(port);
  t.after(() => allowAll(port));
  const chair = await enters(t, chromium, 'chutri');
  const office = await enters(t, far, 'vanthu.stttt');
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me)]);
  await Promise.all([hears(chair), hears(office)]);
  assert.deepEqual([await way(chair), await way(office)], ['direct, host', 'tls']);
  const deadline = Date.now() + 10_000;
  let counted = await legs();
  while (counted.turn !== 1 && Date.now() < deadline) {
    await new Promise((resume) => setTimeout(resume, 200));
    counted = await legs();
  }
  assert.deepEqual(counted, { udp: 1, tcp: 0, turn: 1 });
});

test('whoever can reach the hub directly does not go through the relay', async (t) => {
  const office = await enters(t, far, 'vanthu.stttt');
  const chair = await enters(t, chromium, 'chutri');
  await seesFace(office, chair.me);
  assert.match(await way(office), /^direct/);
});

test('a firewall that closes in mid-meeting but for HTTPS is got over, in the same seat', async (t) => {
  const chair = await enters(t, chromium, 'chutri');
  const office = await enters(t, far, 'vanthu.stttt');
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me)]);
  const seat = await ownSeat(office);
  allowOnly(port);
  t.after(() => allowAll(port));
  const closed = Date.now();
  await office.until(
    'media to go through the relay',
    async () => {
      const peer = window.peers.findLast((p) => p.connectionState === 'connected');
      const stats = peer && (await peer.getStats());
      const transport = stats && [...stats.values()].find((report) => report.type === 'transport');
      const pair = transport && stats.get(transport.selectedCandidatePairId);
      return pair && stats.get(pair.localCandidateId).candidateType === 'relay';
    },
    undefined,
    40_000,
  );
  await Promise.all([seesFace(chair, office.me), seesFace(office, chair.me), hears(chair), hears(office)]);
  t.diagnostic(`through the relay ${Date.now() - closed} ms after all else was refused`);
  assert.equal(await ownSeat(office), seat);
});
