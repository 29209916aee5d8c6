// Every screen: no violation of axe's rules in light and dark, nothing wider than a phone, no request
// to any other host.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { MEETING, signIn } from './harness/people.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PAGES = ['/', '/hop', `/hop/${MEETING}`, '/thu', '/lich', '/quan-tri', '/quan-tri/don-vi', '/quan-tri/phong-hop', '/quan-tri/hop-thu', '/quan-tri/nhat-ky'];

let hub;
let chromium;

before(async () => {
  hub = await Hub.start();
  chromium = await launch('chromium');
});

after(async () => {
  await chromium?.close();
  await hub?.stop();
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in ${colorScheme}`, async (t) => {
    const visitor = await chromium.visitor({ colorScheme });
    t.after(() => visitor.close());
    await visitor.open(`${hub.origin}/dang-nhap`);
    await check(visitor, '/dang-nhap');
    await signIn(visitor, hub, 'quantri');
    for (const path of PAGES) {
      await visitor.open(hub.origin + path);
      await check(visitor, path);
    }
  });
}

async function check(visitor, path) {
  await visitor.until('the page to be drawn', () => document.querySelector('h1, h2, main') && !document.querySelector('[aria-busy=true]'));
  await visitor.evaluate(axe);
  const violations = await visitor.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run();
    return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
  });
  assert.deepEqual(violations, [], path);
}

test('nothing is wider than a phone', async (t) => {
  const visitor = await chromium.visitor({ viewport: { width: 360, height: 740 } });
  t.after(() => visitor.close());
  await signIn(visitor, hub, 'quantri');
  for (const path of PAGES) {
    await visitor.open(hub.origin + path);
    await visitor.until('the page to be drawn', () => document.querySelector('h1, h2, main') && !document.querySelector('[aria-busy=true]'));
    const excess = await visitor.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(excess <= 0, `${path} is ${excess} px too wide`);
  }
});

test('no request leaves the hub’s origin', async (t) => {
  const visitor = await chromium.visitor();
  t.after(() => visitor.close());
  const foreign = [];
  visitor.page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== hub.origin) foreign.push(request.url());
  });
  await signIn(visitor, hub, 'quantri');
  for (const path of PAGES) {
    await visitor.open(hub.origin + path);
    await visitor.until('the page to be drawn', () => document.querySelector('h1, h2, main'));
  }
  assert.deepEqual(foreign, []);
});
