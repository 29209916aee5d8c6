// Devices that change, are missing or are refused: said in words, and nobody is kept from the meeting.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { enter, join, MEETING, onStage, signIn, tileSays } from './harness/people.mjs';
import { hears, seesFace } from './harness/senses.mjs';

let hub;
let bare;

before(async () => {
  [hub, bare] = await Promise.all([Hub.start(), launch('firefox', { cameras: 0 })]);
});

after(async () => {
  await bare?.close();
  await hub?.stop();
});

/** A Chromium of its own for one test. */
async function chromium(t, options) {
  const browser = await launch('chromium', options);
  t.after(() => browser.close());
  return browser.visitor();
}

/** Somebody whose machine has neither camera nor microphone. */
async function listener(t) {
  const visitor = await bare.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, 'chutri');
  await visitor.open(`${hub.origin}/hop/${MEETING}`);
  await visitor.sees('Không tìm thấy camera nào.');
  await visitor.sees('Không tìm thấy micro nào.');
  await visitor.sees('Vẫn có thể vào họp.');
  await visitor.press('Vào họp');
  await onStage(visitor);
  return visitor;
}

/** Chooses another device of this kind in the settings; answers its id. */
async function change(visitor, label) {
  await visitor.press('Khác');
  const { now, others } = await visitor.until(`two of “${label}”`, deviceChoices, label);
  // Chromium's second fake camera speaks a depth format that no page can show; the last one is good.
  const wanted = others.at(-1);
  await visitor.fill(label, wanted);
  await visitor.until(`“${label}” to be another device`, ({ wanted, name }) => {
    const select = [...document.querySelectorAll('select')].find((one) => one.labels[0]?.textContent.trim().startsWith(name));
    return select?.value === wanted;
  }, { wanted, name: label });
  await visitor.press('Đóng');
  assert.notEqual(wanted, now);
  return wanted;
}

/** Runs in the page: the chosen device and the others. */
function deviceChoices(name) {
  const select = [...document.querySelectorAll('select')].find((one) => one.labels[0]?.textContent.trim().startsWith(name));
  if (!select) return null;
  const others = [...select.options].map((one) => one.value).filter((value) => value && value !== select.value);
  return others.length > 0 ? { now: select.value, others } : null;
}

const ownCamera = (visitor) =>
  visitor.evaluate(() => document.querySelector('[data-own] video')?.srcObject?.getVideoTracks()[0]?.getSettings().deviceId);

test('camera and microphone are changed in mid-call, and the others go on seeing and hearing', async (t) => {
  const far = await listener(t);
  const clerk = await chromium(t, { cameras: 3 });
  await signIn(clerk, hub, 'vanthu.stttt');
  await enter(clerk, hub);
  await Promise.all([seesFace(far, clerk.me), hears(far)]);
  await tileSays(clerk, far.me, 'Micro đang tắt');
  const before = await ownCamera(clerk);
  const camera = await change(clerk, 'Camera');
  await clerk.until('the other camera in the own tile', (id) => {
    const track = document.querySelector('[data-own] video')?.srcObject?.getVideoTracks()[0];
    return track?.readyState === 'live' && track.getSettings().deviceId === id;
  }, camera);
  assert.notEqual(before, camera);
  await seesFace(far, clerk.me);
  await change(clerk, 'Micro');
  await hears(far);
  await tileSays(far, clerk.me, clerk.me);
  assert.deepEqual([...far.problems, ...clerk.problems], []);
});

test('without a camera one is told so, joins, and is heard', async (t) => {
  const far = await listener(t);
  const clerk = await chromium(t, { cameras: 0 });
  await signIn(clerk, hub, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/hop/${MEETING}`);
  await clerk.sees('Không tìm thấy camera nào.');
  await join(clerk);
  await hears(far);
  const picture = await far.evaluate(
    (name) => [...document.querySelectorAll('[role=group][data-seat]')].find((tile) => tile.getAttribute('aria-label').startsWith(name))?.querySelector('video') !== null,
    clerk.me,
  );
  assert.equal(picture, false, 'a picture stands where there is no camera');
});

test('refused devices are explained, and allowing them later is enough', async (t) => {
  const far = await listener(t);
  const clerk = await chromium(t, { refuses: true });
  await signIn(clerk, hub, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/hop/${MEETING}`);
  await clerk.sees('Trình duyệt chưa được phép dùng camera.');
  await clerk.sees('Trình duyệt chưa được phép dùng micro.');
  await clerk.sees('chọn Cho phép, rồi bấm Thử lại');
  await clerk.press('Vào họp');
  await onStage(clerk);
  await tileSays(far, clerk.me, 'Micro đang tắt');
  await clerk.context.grantPermissions(['camera', 'microphone'], { origin: hub.origin });
  await clerk.press('Bật camera');
  await clerk.press('Bật micro');
  await Promise.all([seesFace(far, clerk.me), hears(far)]);
});
