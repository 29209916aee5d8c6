// A meeting between Chromium and Firefox over the hub: seen and heard, kept through every mishap.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { cutLine, mendLine } from './harness/network.mjs';
import { enter, onStage, ownSeat, signIn, tileSays } from './harness/people.mjs';
import { fallsSilent, hears, loudness, seesFace, seesScreen } from './harness/senses.mjs';

let hub;
let chromium;
let firefox;
let far;

before(async () => {
  hub = await Hub.start();
  [chromium, firefox, far] = await Promise.all([launch('chromium'), launch('firefox'), launch('far')]);
});

after(async () => {
  await Promise.all([chromium, firefox, far].map((browser) => browser?.close()));
  await hub?.stop();
});

/** Signs people in and lets them enter; closes their windows when the test is over. */
async function meeting(t, people) {
  const visitors = [];
  t.after(() => Promise.all(visitors.map((visitor) => visitor.close())));
  for (const [browser, login] of people) {
    const visitor = await browser.visitor();
    visitors.push(visitor);
    await signIn(visitor, hub, login);
    await enter(visitor, hub);
  }
  return visitors;
}

test('Chromium and Firefox see and hear each other under the right names', async (t) => {
  const [chair, clerk] = await meeting(t, [[chromium, 'chutri'], [firefox, 'vanthu.stttt']]);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me)]);
  await Promise.all([hears(chair), hears(clerk)]);
  await tileSays(chair, clerk.me, clerk.session.person.unitName);
  await chair.press('Tắt micro');
  await tileSays(clerk, chair.me, 'Micro đang tắt');
  assert.equal(await loudness(clerk, 1.5), 0, 'a microphone that is off is still heard');
  await chair.press('Bật micro');
  await hears(clerk);
  await clerk.press('Tắt camera');
  await chair.until(
    'the camera to be off',
    (name) => ![...document.querySelectorAll('[role=group][data-seat]')].some((tile) => tile.getAttribute('aria-label').startsWith(name) && tile.querySelector('video')),
    clerk.me,
  );
  await clerk.press('Bật camera');
  await seesFace(chair, clerk.me);
  await clerk.press('Trao đổi');
  await clerk.fill('Nội dung tin nhắn', 'Kính chào đồng chí chủ trì');
  await clerk.press('Gửi');
  await chair.press('Trao đổi');
  await chair.sees('Kính chào đồng chí chủ trì');
  assert.deepEqual([...chair.problems, ...clerk.problems], []);
});

test('a presented screen reaches the others', async (t) => {
  const [chair, clerk] = await meeting(t, [[chromium, 'chutri'], [firefox, 'vanthu.stttt']]);
  await chair.press('Trình chiếu');
  await chair.sees('Đang trình chiếu cho mọi người');
  await seesScreen(clerk, chair.me);
  await chair.press('Dừng');
  await clerk.until('the screen to go', () => !document.querySelector('[role=group][data-source=screen]'));
});

test('a reload and a return lead back to the same seat', async (t) => {
  const [chair, clerk] = await meeting(t, [[chromium, 'chutri'], [firefox, 'vanthu.stttt']]);
  await seesFace(chair, clerk.me);
  const seat = await ownSeat(clerk);
  await clerk.reload();
  await onStage(clerk);
  assert.equal(await ownSeat(clerk), seat);
  await Promise.all([seesFace(chair, clerk.me), seesFace(clerk, chair.me), hears(chair)]);
  const tiles = await chair.evaluate(() => document.querySelectorAll('[role=group][data-source=camera]').length);
  assert.equal(tiles, 2, 'a ghost stayed behind');
});

test('five seconds without a line heal by themselves, in the same seat', async (t) => {
  const [chair, remote] = await meeting(t, [[firefox, 'chutri'], [far, 'vanthu.stttt']]);
  await Promise.all([seesFace(chair, remote.me), seesFace(remote, chair.me)]);
  const seat = await ownSeat(remote);
  cutLine();
  await chair.evaluate(() => new Promise((resume) => setTimeout(resume, 5000)));
  mendLine();
  const mended = Date.now();
  await Promise.all([seesFace(chair, remote.me), seesFace(remote, chair.me), hears(chair)]);
  t.diagnostic(`seen and heard again ${Date.now() - mended} ms after the line came back`);
  await remote.seesNot('Đang kết nối lại');
  assert.equal(await ownSeat(remote), seat);
  const tiles = await chair.evaluate(() => document.querySelectorAll('[role=group][data-source=camera]').length);
  assert.equal(tiles, 2);
});

test('a second tab takes the seat over and the first can take it back', async (t) => {
  const [chair, clerk] = await meeting(t, [[firefox, 'chutri'], [chromium, 'vanthu.stttt']]);
  const second = await chromium.visitor();
  t.after(() => second.close());
  await signIn(second, hub, 'vanthu.stttt');
  await enter(second, hub);
  await clerk.sees('Đã mở ở cửa sổ khác');
  await seesFace(chair, second.me);
  await clerk.press('Dùng ở đây');
  await onStage(clerk);
  await second.sees('Đã mở ở cửa sổ khác');
  await seesFace(chair, clerk.me);
});

test('on a called floor the chair gives the word and takes it back, and the microphones obey', async (t) => {
  const [chair, clerk] = await meeting(t, [[chromium, 'chutri'], [firefox, 'vanthu.stttt']]);
  await hears(chair);
  await chair.press('Người');
  await chair.press('Chỉ phát biểu khi được mời');
  await tileSays(chair, clerk.me, 'Micro đang tắt');
  await fallsSilent(chair);
  await clerk.press('Bật micro');
  await clerk.sees('Chủ trì sẽ mời khi đến lượt');
  await clerk.press('Đăng ký phát biểu');
  await chair.sees('Chuẩn bị');
  await chair.press(`Mời ${clerk.me} phát biểu`);
  await clerk.sees('Chủ trì mời phát biểu.');
  await clerk.press('Bật micro');
  await hears(chair);
  await chair.press('Dừng phát biểu');
  await clerk.sees('Đã kết thúc phần phát biểu');
  await tileSays(chair, clerk.me, 'Micro đang tắt');
  await fallsSilent(chair);
  await chair.press('Mở phát biểu tự do');
  await clerk.sees('Giơ tay');
  await clerk.press('Bật micro');
  await hears(chair);
});

test('a guest comes by link, waits, is admitted, seen and heard; the chair mutes and ends for all', async (t) => {
  const [chair, clerk] = await meeting(t, [[chromium, 'chutri'], [firefox, 'vanthu.stttt']]);
  const link = await chair.evaluate(async (path) => {
    const answer = await fetch(path, { method: 'POST' });
    return (await answer.json()).url;
  }, `/api/meetings/${new URL(await chair.evaluate(() => location.href)).pathname.split('/').pop()}/guest-link`);
  const guest = await chromium.visitor();
  t.after(() => guest.close());
  await guest.open(new URL(link, hub.origin).href.replace(new URL(link, hub.origin).origin, hub.origin));
  await guest.fill('Họ và tên', 'Bà Khách Mời');
  await guest.press('Vào họp');
  await guest.sees('Đã vào phòng chờ');
  await chair.press('Người 1');
  await chair.press('Cho vào');
  await onStage(guest);
  await Promise.all([seesFace(clerk, 'Bà Khách Mời'), seesFace(guest, clerk.me), hears(guest)]);
  await chair.press('Tắt micro tất cả');
  await tileSays(guest, clerk.me, 'Micro đang tắt');
  await tileSays(chair, 'Bà Khách Mời', 'Micro đang tắt');
  await chair.press('Rời họp');
  await chair.press('Kết thúc cho mọi điểm cầu');
  await Promise.all([clerk.sees('Cuộc họp đã kết thúc'), guest.sees('Cuộc họp đã kết thúc')]);
});
