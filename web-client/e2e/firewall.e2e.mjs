// An office whose firewall lets no UDP through: the meeting goes over TCP.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowUdp, refuseUdp } from './harness/network.mjs';
import { chairEnters, clerkEnters, goesBy, office, way } from './harness/office.mjs';
import { ownSeat } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';

const place = office(['media.tcp_port=40443']);

test('behind a firewall without UDP people see and hear each other over TCP', async (t) => {
  refuseUdp();
  t.after(allowUdp);
  const chair = await chairEnters(t, place);
  const clerk = await clerkEnters(t, place);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me)]);
  await Promise.all([hears(chair), hears(clerk)]);
  assert.deepEqual([(await way(chair)).carrier, (await way(clerk)).carrier], ['udp', 'tcp']);
});

test('a firewall that closes in mid-meeting is got over, in the same seat', async (t) => {
  const chair = await chairEnters(t, place);
  const clerk = await clerkEnters(t, place);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me)]);
  assert.equal((await way(clerk)).carrier, 'udp');
  const seat = await ownSeat(clerk);
  refuseUdp();
  t.after(allowUdp);
  const closed = Date.now();
  await goesBy(clerk, 'carrier', 'tcp', 40_000);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me), hears(chair), hears(clerk)]);
  t.diagnostic(`over TCP ${Date.now() - closed} ms after UDP was refused`);
  assert.equal(await ownSeat(clerk), seat);
  assert.equal(await clerk.evaluate(() => window.peers.length), 1, 'the connection itself was kept');
});
