// An agency's mailbox kept by several clerks: who handled a letter, who answers it, who may only read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { clean, picture } from './harness/look.mjs';
import { openLetter, signIn } from './harness/people.mjs';

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

async function person(t, browser, login, options) {
  const visitor = await browser.visitor(options);
  t.after(() => visitor.close());
  await signIn(visitor, hub, login);
  return visitor;
}

const agencyOf = (visitor) => visitor.session.mailboxes.find((mailbox) => mailbox.kind === 'agency');

/** A letter from outside the mailbox, and two clerks with the mailbox open. */
async function atOneMailbox(t, subject, otherSending = 'as') {
  const [writer, clerk, other] = await Promise.all([
    person(t, chromium, 'thuky'),
    person(t, chromium, 'vanthu.stttt'),
    person(t, firefox, 'kythuat'),
  ]);
  const { mailbox, address } = agencyOf(clerk);
  hub.admin('delegation', 'give', '--mailbox', address, '--login', 'kythuat', '--sending', otherSending);
  await writer.open(`${hub.origin}/thu`);
  await writer.press('Soạn thư');
  await writer.fill('Đến', address);
  await writer.page.keyboard.press('Enter');
  await writer.fill('Chủ đề', subject);
  await writer.fill('Nội dung thư', 'Kính gửi Sở, đề nghị cho ý kiến.');
  await writer.press('Gửi');
  await clerk.open(`${hub.origin}/thu/${mailbox}`);
  await other.open(`${hub.origin}/thu/${mailbox}`);
  for (const one of [clerk, other]) {
    await one.sees(subject, 40_000);
    await openLetter(one, subject);
    await one.until('the letter’s frame', () => document.querySelector('iframe')?.src.includes('/mail/view/'));
  }
  return { writer, clerk, other, mailbox };
}

test('two clerks see at once who handles a letter, and neither answers it twice unwarned', async (t) => {
  const { clerk, other } = await atOneMailbox(t, 'V/v xin ý kiến dự thảo');

  await clerk.press('Đánh dấu đã xử lý');
  await other.sees(`Đã xử lý: ${clerk.me}, `);
  await picture(other, 'handled');
  await clerk.press('Hoàn tác');
  await other.seesNot(`Đã xử lý: ${clerk.me}`);

  // An answer begun is known before a word of it is written.
  await clerk.press('Trả lời');
  await clerk.until('the composer', () => document.querySelector('.compose [contenteditable]'));
  await other.sees(`${clerk.me} đang soạn thư trả lời`);
  await other.press('Trả lời');
  await other.sees('Thư này đã có người trả lời');
  await picture(other, 'warned');
  await other.press('Không trả lời');
  await other.until('no composer', () => !document.querySelector('.compose'));
  await other.press('Trả lời');
  await other.press('Vẫn trả lời');
  await other.until('the composer', () => document.querySelector('.compose [contenteditable]'));
  await other.fill('Nội dung thư', 'Sở thống nhất.');

  // The first sends, though warned that a colleague writes as well.
  await clerk.fill('Nội dung thư', 'Sở có ý kiến như sau.');
  await clerk.press('Gửi');
  await clerk.sees(`${other.me} đang soạn thư trả lời`);
  await picture(clerk, 'warned-before-sending');
  await clean(clerk);
  await clerk.press('Vẫn gửi');
  await clerk.sees('Đã gửi thư', 30_000);
  // The second is told that it is answered, and can still send.
  await other.press('Gửi');
  await other.sees(`${clerk.me} đã trả lời lúc`);
  await other.press('Soạn tiếp');
  await clerk.sees(`${other.me} đang soạn thư trả lời`);
  await other.press('Bỏ thư');
  await clerk.seesNot(`${other.me} đang soạn thư trả lời`);
  await clerk.until('the mark of an answer in the list', () => [...document.querySelectorAll('.list li')].some((e) => e.textContent.includes('Đã trả lời')));
  assert.deepEqual([...clerk.problems, ...other.problems], []);
});

test('an answer begun and closed leaves no draft for colleagues to see', async (t) => {
  const { clerk, other, mailbox } = await atOneMailbox(t, 'V/v báo cáo quý');
  await clerk.press('Trả lời');
  await clerk.until('the quoted letter', () => document.querySelector('.compose [contenteditable]')?.textContent.includes('cho ý kiến'));
  await other.sees(`${clerk.me} đang soạn thư trả lời`);
  await clerk.press('Đóng và lưu nháp');
  await other.seesNot(`${clerk.me} đang soạn thư trả lời`);
  await clerk.open(`${hub.origin}/thu/${mailbox}/drafts`);
  await clerk.sees('Chưa có thư nào');
});

test('who may only read a mailbox finds nothing to press there, and opening leaves letters unread', async (t) => {
  const { clerk, other, mailbox } = await atOneMailbox(t, 'V/v chỉ được đọc', 'nothing');
  await other.sees('Chỉ được đọc hộp thư này');
  const names = await other.evaluate(() => [...document.querySelectorAll('.letter button, .foot button')].map((e) => e.textContent.trim()));
  for (const name of ['Xóa', 'Lưu trữ', 'Đã xử lý', 'Quy tắc lọc thư', 'Thư mục riêng']) assert.ok(!names.includes(name), `${name}: ${names}`);
  await other.page.keyboard.press('#');
  await clerk.open(`${hub.origin}/thu/${mailbox}`);
  await clerk.sees('V/v chỉ được đọc');
  assert.deepEqual(other.problems, []);
});

for (const [name, options] of [
  ['wide', { viewport: { width: 1366, height: 768 } }],
  ['phone', { viewport: { width: 390, height: 780 } }],
  ['dark', { colorScheme: 'dark' }],
]) {
  test(`the handled letter has no fault of axe’s rules: ${name}`, async (t) => {
    const clerk = await person(t, chromium, 'vanthu.stttt', options);
    await clerk.open(`${hub.origin}/thu/${agencyOf(clerk).mailbox}`);
    await openLetter(clerk, 'V/v báo cáo quý');
    await clerk.until('the letter’s frame', () => document.querySelector('iframe')?.src.includes('/mail/view/'));
    if (!(await clerk.evaluate(() => document.body.innerText.includes('Đã xử lý: ')))) await clerk.press('Đánh dấu đã xử lý');
    await clerk.sees(`Đã xử lý: ${clerk.me}, `);
    await picture(clerk, `handled-${name}`);
    await clean(clerk);
    const wider = await clerk.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, `${wider} px wider than the screen`);
  });
}
