// Filter rules in the browser: made in the screen, obeyed by the hub, and never at the cost of what was written by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { signIn } from './harness/people.mjs';

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

async function person(t, login) {
  const visitor = await chromium.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, login);
  await visitor.open(`${hub.origin}/thu`);
  await visitor.sees('Hộp thư đến');
  return visitor;
}

const personal = (visitor) => visitor.session.mailboxes.find((mailbox) => mailbox.kind === 'personal');

/** Sends a letter to oneself and presses nothing that would stop it. */
async function writeToSelf(visitor, subject) {
  await visitor.press('Soạn thư');
  await visitor.fill('Đến', personal(visitor).address);
  await visitor.page.keyboard.press('Enter');
  await visitor.fill('Chủ đề', subject);
  await visitor.fill('Nội dung thư', 'Kính gửi.');
  await visitor.press('Gửi');
  await visitor.sees('Thư sẽ được gửi sau 10 giây');
}

/** How many letters lie in a folder, as the hub counts. */
function lettersIn(visitor, folder) {
  return visitor.evaluate(
    async ({ account, name }) => {
      const calls = [['Mailbox/get', { accountId: account, ids: null }, '0']];
      const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];
      const answer = await fetch('/jmap/api', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ using, methodCalls: calls }) });
      const { methodResponses } = await answer.json();
      return methodResponses[0][1].list.find((one) => one.name === name)?.totalEmails ?? -1;
    },
    { account: personal(visitor).mailbox, name: folder },
  );
}

async function until(what, ask) {
  const deadline = Date.now() + 60_000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 300));
  }
}

test('a rule made in the screen files letters, also after its folder got another name', async (t) => {
  const clerk = await person(t, 'vanthu.stttt');
  await clerk.press('Thư mục riêng');
  await clerk.fill('Tên thư mục mới', 'Báo cáo');
  await clerk.press('Tạo');
  await clerk.sees('Đã tạo thư mục Báo cáo');
  await clerk.press('Đóng');
  await clerk.press('Quy tắc lọc thư');
  await clerk.press('Thêm quy tắc');
  await clerk.press('Lưu quy tắc');
  await clerk.sees('Chưa có điều kiện');
  await clerk.fill('Chủ đề có chữ', 'BÁO CÁO tuần');
  await clerk.page.getByLabel('Chuyển vào thư mục').selectOption({ label: 'Báo cáo' });
  await clerk.press('Lưu quy tắc');
  await clerk.sees('Đã lưu quy tắc');
  await clerk.sees('chuyển vào Báo cáo');
  await clerk.press('Đóng');
  await writeToSelf(clerk, 'V/v báo cáo tuần 48');
  await until('the letter in its folder', async () => (await lettersIn(clerk, 'Báo cáo')) === 1);

  await clerk.press('Thư mục riêng');
  await clerk.press('Đổi tên thư mục Báo cáo');
  await clerk.fill('Tên mới của thư mục Báo cáo', 'Báo cáo 2026');
  await clerk.press('Lưu');
  await clerk.sees('Đã đổi tên thư mục');
  await clerk.press('Đóng');
  await clerk.press('Quy tắc lọc thư');
  await clerk.sees('chuyển vào Báo cáo 2026');
  await clerk.press('Đóng');
  await writeToSelf(clerk, 'V/v báo cáo tuần 49');
  await until('the next letter in the renamed folder', async () => (await lettersIn(clerk, 'Báo cáo 2026')) === 2);
  assert.deepEqual(clerk.problems, []);
});

test('a script written by hand is shown, and kept when simple rules take over', async (t) => {
  const clerk = await person(t, 'thuky');
  const account = personal(clerk).mailbox;
  const scripts = (methodCalls) =>
    clerk.evaluate(
      async (calls) => {
        const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:sieve'];
        const answer = await fetch('/jmap/api', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ using, methodCalls: calls }) });
        return (await answer.json()).methodResponses;
      },
      methodCalls,
    );
  const blobId = await clerk.evaluate(async (mailbox) => {
    const { uploadUrl } = await (await fetch('/jmap/session')).json();
    const answer = await fetch(uploadUrl.replace('{accountId}', mailbox), { method: 'POST', headers: { 'content-type': 'application/sieve' }, body: '# của tôi\nkeep;\n' });
    return (await answer.json()).blobId;
  }, account);
  await scripts([['SieveScript/set', { accountId: account, create: { a: { name: 'tay', blobId } }, onSuccessActivateScript: '#a' }, '0']]);
  await clerk.press('Quy tắc lọc thư');
  await clerk.sees('# của tôi');
  await clerk.press('Dùng quy tắc đơn giản');
  await clerk.press('Thêm quy tắc');
  await clerk.fill('Người gửi có chữ', 'soyte');
  await clerk.page.getByLabel('Đánh dấu quan trọng').check();
  await clerk.press('Lưu quy tắc');
  await clerk.sees('Người gửi có “soyte”');
  const [[, { list }]] = await scripts([['SieveScript/get', { accountId: account, ids: null }, '0']]);
  assert.deepEqual(list.map(({ name, isActive }) => [name, isActive]).sort(), [['Quy tắc lọc thư', true], ['tay', false]].sort());
  assert.equal(await clerk.evaluate(() => document.activeElement.closest('li')?.textContent.includes('soyte')), true, 'the keys lost their place');
  await clerk.press('Xóa quy tắc 1');
  await clerk.sees('Chưa có quy tắc');
  await clerk.press('Hoàn tác');
  await clerk.sees('Người gửi có “soyte”');
  assert.deepEqual(clerk.problems, []);
});
