// Takes the pictures of README.md from a running hub: `npm run screenshots`.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { MEETING, enter, signIn } from './harness/people.mjs';
import { seesFace } from './harness/senses.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'images');
mkdirSync(folder, { recursive: true });

const hub = await Hub.start();
const chromium = await launch('chromium');
const people = [];
for (const login of ['chutri', 'thuky', 'vanthu.stttt', 'kythuat']) {
  const person = await chromium.visitor();
  people.push(person);
  await signIn(person, hub, login);
  await enter(person, hub);
}
const [chair, , clerk] = people;
for (const other of people.slice(1)) await seesFace(chair, other.me);
await clerk.press('Giơ tay');
await chair.press('Người 1');
await chair.sees('Mời phát biểu');
await chair.screenshot(join(folder, 'hop.png'));

await clerk.open(`${hub.origin}/hop/${MEETING}`);
const reader = await chromium.visitor();
await signIn(reader, hub, 'vanthu.stttt');
await reader.open(`${hub.origin}/thu`);
await reader.until('the letters', () => document.body.innerText.includes('V/v'));
await reader.until('a letter to open', () => {
  const row = [...document.querySelectorAll('main a, main button')].find((e) => e.textContent.includes('V/v'));
  row?.click();
  return row;
});
await reader.until('the letter', () => document.querySelector('iframe')?.contentWindow);
await reader.screenshot(join(folder, 'thu.png'));

const staff = await chromium.visitor();
await signIn(staff, hub, 'quantri');
await staff.open(`${hub.origin}/quan-tri/nguoi-dung`);
await staff.until('the people', () => document.querySelectorAll('tbody tr').length > 10);
await staff.screenshot(join(folder, 'quan-tri.png'));
await staff.open(`${hub.origin}/lich`);
await staff.until('the meetings', () => document.body.innerText.includes('Vào họp'));
await staff.screenshot(join(folder, 'lich.png'));

await chromium.close();
await hub.stop();
