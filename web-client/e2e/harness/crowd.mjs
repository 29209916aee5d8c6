// Many people in one meeting, in both browsers: everybody sees everybody else move, and hears.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browsers.mjs';
import { Hub } from './hub.mjs';
import { enter, signIn } from './people.mjs';
import { hears, seesFace } from './senses.mjs';

/** A crowd shares two cores with the hub and every encoder: it gets the time it needs. */
const PATIENCE = 90_000;
const LOGINS = ['chutri', 'vanthu.stttt', 'thuky', 'kythuat', 'quantri', 'dungnq.stttt', 'phongcx.stttt', 'quanvm.vpubnd'];

/** Declares the test of a meeting of so many Chromium and Firefox windows. */
export function crowd(chromiums, firefoxes) {
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

  test(`${chromiums} Chromium and ${firefoxes} Firefox windows see each other move and hear`, async (t) => {
    const people = [];
    for (const [at, login] of LOGINS.slice(0, chromiums + firefoxes).entries()) {
      // The Firefox windows come early: what is tested is the meeting, not who finds the machine busiest.
      const visitor = await (at < firefoxes ? firefox : chromium).visitor({ small: true, viewport: { width: 960, height: 600 } });
      t.after(() => visitor.close().catch(() => {}));
      await signIn(visitor, hub, login);
      await enter(visitor, hub);
      people.push(visitor);
    }
    await Promise.all(
      people.map(async (visitor) => {
        const started = Date.now();
        for (const other of people) if (other !== visitor) await seesFace(visitor, other.me, PATIENCE);
        await hears(visitor, PATIENCE);
        t.diagnostic(`${visitor.browser} ${visitor.me}: all seen and heard within ${Date.now() - started} ms`);
      }),
    );
    assert.deepEqual(people.flatMap((visitor) => visitor.problems), []);
  });
}
