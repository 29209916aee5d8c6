// A page as it looks: axe's rules, and pictures of it for people.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe finds no fault in the page as it stands; `what` is said where it does. */
export async function clean(visitor, what) {
  await visitor.evaluate(axe);
  const found = await visitor.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  });
  assert.deepEqual(found, [], what);
}

/** The picture, where a folder for pictures is named. */
export async function picture(visitor, name) {
  if (process.env.PICTURES) await visitor.screenshot(`${process.env.PICTURES}/${name}.png`);
}
