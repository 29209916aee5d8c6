// The console's page of letters that wait to leave.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { clean, picture } from './harness/look.mjs';
import { signIn } from './harness/people.mjs';

let hub;
let chromium;

before(async () => {
  // Nobody listens there: what goes to this domain waits.
  hub = await Hub.start(['mail.routes=bo.example=127.0.0.1:9']);
  chromium = await launch('chromium');
});

after(async () => {
  await chromium?.close();
  await hub?.stop();
});

async function person(t, login, options) {
  const visitor = await chromium.visitor(options);
  t.after(() => visitor.close());
  await signIn(visitor, hub, login);
  return visitor;
}

async function send(visitor, to, subject) {
  await visitor.open(`${hub.origin}/thu`);
  await visitor.press('Soạn thư');
  await visitor.fill('Đến', to);
  await visitor.page.keyboard.press('Enter');
  await visitor.fill('Chủ đề', subject);
  await visitor.fill('Nội dung thư', 'Kính gửi.');
  await visitor.press('Gửi');
  await visitor.until('the question about addresses outside', () => document.querySelector('dialog[open]')?.textContent.includes('ngoài hệ thống'));
  await visitor.press('Vẫn gửi');
  await visitor.sees('Đã gửi thư', 30_000);
}

test('IT staff find a waiting letter, hold it, let it go and return it to its sender', async (t) => {
  const clerk = await person(t, 'vanthu.stttt');
  await send(clerk, 'vanphong@bo.example', 'V/v báo cáo Đề án 06');
  const staff = await person(t, 'quantri');
  await staff.open(`${hub.origin}/quan-tri/hang-doi?q=de%20an`);
  await staff.sees('V/v báo cáo Đề án 06');
  await staff.until('an attempt', () => !document.querySelector('tbody')?.textContent.includes('Chưa gửi lần nào') || (location.reload(), false));
  await staff.press('Giữ lại');
  await staff.sees('Đã giữ lại thư đối với 1 địa chỉ');
  await staff.sees('Đang giữ lại');
  await picture(staff, 'queue');
  await clean(staff);
  await staff.press('Cho gửi tiếp');
  await staff.sees('Đã cho gửi tiếp đến 1 địa chỉ');
  await staff.press('Chi tiết');
  await staff.until('the addressee', () => document.querySelector('dialog[open]')?.textContent.includes('vanphong@bo.example'));
  await picture(staff, 'queue-details');
  await clean(staff);
  await staff.press('Đóng');
  await staff.press('Giữ lại');
  await staff.sees('Đang giữ lại');
  await staff.press('Trả lại người gửi');
  await staff.sees('Người gửi nhận được thông báo');
  await clean(staff);
  await staff.press('Trả lại người gửi');
  await staff.sees('Đã trả lại người gửi');
  await clerk.sees('Không gửi được thư', 30_000);
  assert.deepEqual([...clerk.problems, ...staff.problems], []);
});

for (const [name, options] of [
  ['phone', { viewport: { width: 390, height: 780 } }],
  ['dark', { colorScheme: 'dark' }],
]) {
  test(`the page has no fault of axe’s rules: ${name}`, async (t) => {
    if (name === 'phone') await send(await person(t, 'vanthu.stttt'), 'thanhtra@bo.example', 'V/v giấy mời họp giao ban tháng 12 của Thanh tra');
    const staff = await person(t, 'quantri', options);
    await staff.open(`${hub.origin}/quan-tri/hang-doi`);
    await staff.sees('V/v giấy mời');
    await picture(staff, `queue-${name}`);
    await clean(staff);
    const wider = await staff.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${wider} px wider than the screen`);
  });
}
