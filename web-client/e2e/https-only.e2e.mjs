// An office whose firewall lets nothing out but HTTPS: the meeting goes through the hub's relay, TURN over TLS on
// the port of the pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowAll, allowOnly } from './harness/network.mjs';
import { chairEnters, clerkEnters, goesBy, office, way } from './harness/office.mjs';
import { ownSeat } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';

const place = office(['metrics.listen=127.0.0.1:0', 'media.tcp_port=40443'], { trusts: true });

/** The firewall stands until the test is over. */
function closeFirewall(t) {
  const port = Number(new URL(place.hub.origin).port);
  allowOnly(port);
  t.after(() => allowAll(port));
}

test('where nothing but HTTPS passes, people see and hear each other through the relay', async (t) => {
  closeFirewall(t);
  const chair = await chairEnters(t, place);
  const clerk = await clerkEnters(t, place);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me)]);
  await Promise.all([hears(chair), hears(clerk)]);
  assert.equal((await way(chair)).local, 'host');
  assert.deepEqual(await way(clerk), { local: 'relay', carrier: 'udp', toRelay: 'tls' });
  // As the hub counts them.
  await place.hub.counts('lienthong_media_legs', { udp: 1, tcp: 0, turn: 1 });
});

test('whoever can reach the hub directly does not go through the relay', async (t) => {
  const clerk = await clerkEnters(t, place);
  const chair = await chairEnters(t, place);
  await seesFace(clerk, chair.me);
  assert.notEqual((await way(clerk)).local, 'relay');
});

test('a firewall that closes in mid-meeting but for HTTPS is got over, in the same seat', async (t) => {
  const chair = await chairEnters(t, place);
  const clerk = await clerkEnters(t, place);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me)]);
  const seat = await ownSeat(clerk);
  closeFirewall(t);
  const closed = Date.now();
  await goesBy(clerk, 'local', 'relay', 40_000);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me), hears(chair), hears(clerk)]);
  t.diagnostic(`through the relay ${Date.now() - closed} ms after all else was refused`);
  assert.equal(await ownSeat(clerk), seat);
});
