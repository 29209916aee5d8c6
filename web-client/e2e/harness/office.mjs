// A meeting of two, of whom one sits in an office behind a firewall of its own: what the tests of firewalls share.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { launch } from './browsers.mjs';
import { Hub } from './hub.mjs';
import { enter, signIn } from './people.mjs';

/**
 * Before the tests of a file a hub with these settings, a browser beside it (`chromium`) and one in the office
 * (`far`); gone after them. `trusts`: the office's machine knows the hub's CA, for what no flag makes it forgive.
 */
export function office(overrides, { trusts = false } = {}) {
  const place = {};
  before(async () => {
    place.hub = await Hub.start(overrides);
    const certificate = trusts ? { trusts: await certificateOf(place.hub) } : {};
    [place.chromium, place.far] = await Promise.all([launch('chromium'), launch('far', certificate)]);
  });
  after(async () => {
    await Promise.all([place.chromium, place.far].map((browser) => browser?.close()));
    await place.hub?.stop();
  });
  return place;
}

/** The file of the CA's certificate, as anybody gets it. */
async function certificateOf(hub) {
  const file = join(hub.data, 'ca.crt');
  const answer = await fetch(`http://${hub.listening.http}/ca.crt`);
  writeFileSync(file, await answer.text());
  return file;
}

/** The chair comes by the browser beside the hub. */
export const chairEnters = (t, place) => enters(t, place, place.chromium, 'chutri');

/** The clerk comes by the office's. */
export const clerkEnters = (t, place) => enters(t, place, place.far, 'vanthu.stttt');

async function enters(t, place, browser, login) {
  const visitor = await browser.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, place.hub, login);
  await enter(visitor, place.hub);
  return visitor;
}

/** How the visitor's packets leave (`local`: `host` or the like, or `relay`), what carries them, and to a relay. */
export const way = (visitor) => visitor.evaluate(wayOfPage);

/** Waits until the visitor's packets go another way. */
export async function goesBy(visitor, key, value, patience) {
  const goes = `async ({ key, value }) => (await (${wayOfPage})())?.[key] === value`;
  await visitor.until(`media with ${key} = ${value}`, goes, { key, value }, patience);
}

/** Runs in the page; nothing while no connection stands. */
async function wayOfPage() {
  const peer = window.peers.findLast((p) => p.connectionState === 'connected');
  const stats = peer && (await peer.getStats());
  const transport = stats && [...stats.values()].find((report) => report.type === 'transport');
  const pair = transport && stats.get(transport.selectedCandidatePairId);
  if (!pair) return undefined;
  const local = stats.get(pair.localCandidateId);
  return { local: local.candidateType, carrier: stats.get(pair.remoteCandidateId).protocol, toRelay: local.relayProtocol };
}
