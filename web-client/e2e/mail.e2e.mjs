// Official mail in the browser: written, noticed, read, answered; an invitation opens its meeting.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
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

async function person(t, browser, login) {
  const visitor = await browser.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, login);
  return visitor;
}

const personal = (visitor) => visitor.session.mailboxes.find((mailbox) => mailbox.kind === 'personal').address;

/** Fills a new letter; the recipient is typed as an address and confirmed with Enter. */
async function compose(visitor, to, subject, text) {
  await visitor.press('Soạn thư');
  await visitor.fill('Đến', to);
  await visitor.page.keyboard.press('Enter');
  await visitor.fill('Chủ đề', subject);
  await visitor.fill('Nội dung thư', text);
}

test('a letter is written, noticed without a reload, read and answered', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  const secretary = await person(t, firefox, 'thuky');
  await secretary.open(`${hub.origin}/thu`);
  await secretary.sees('Hộp thư đến');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, personal(secretary), 'V/v kiểm tra đường truyền', 'Kính gửi đồng chí thư ký.');
  await clerk.press('Gửi');
  await clerk.sees('Thư sẽ được gửi sau 10 giây');
  await secretary.sees('V/v kiểm tra đường truyền', 30_000);
  await openLetter(secretary, 'V/v kiểm tra đường truyền');
  await secretary.until('the letter’s frame', () => document.querySelector('iframe')?.src.includes('/mail/view/'));
  await secretary.press('Trả lời');
  await secretary.fill('Nội dung thư', 'Đã nhận, đường truyền tốt.');
  await secretary.press('Gửi');
  await clerk.sees('Re: V/v kiểm tra đường truyền', 30_000);
  assert.deepEqual([...clerk.problems, ...secretary.problems], []);
});

test('an unknown recipient is named before the letter leaves', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, 'khong.co.ai@quangbinh.example', 'Nhầm địa chỉ', 'Kính gửi.');
  await clerk.press('Gửi');
  await clerk.sees('địa chỉ không tồn tại', 30_000);
});

test('a draft survives a crash of the browser', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, 'thuky@quangbinh.example', 'Bản nháp quan trọng', 'Chưa viết xong');
  // No goodbye: the page is gone at once, as in a crash.
  await clerk.page.goto('about:blank');
  await clerk.open(`${hub.origin}/thu`);
  const restored = await clerk.until('the draft, offered or in its folder', () => {
    const text = document.body.innerText;
    return text.includes('Khôi phục bản nháp') || text.includes('Bản nháp quan trọng');
  });
  assert.ok(restored);
});

test('search finds a letter without diacritics', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, personal(clerk), 'Đề nghị báo cáo số liệu quý I', 'Kính gửi.');
  await clerk.press('Gửi');
  await clerk.sees('Đề nghị báo cáo số liệu quý I', 30_000);
  await clerk.fill('Tìm kiếm thư', 'de nghi bao cao');
  await clerk.page.keyboard.press('Enter');
  await clerk.sees('Kết quả tìm kiếm');
  await clerk.sees('Đề nghị báo cáo số liệu quý I');
});

test('a meeting made in the calendar invites by letter, and the letter opens the meeting', async (t) => {
  const chair = await person(t, chromium, 'chutri');
  const clerk = await person(t, firefox, 'vanthu.stttt');
  await chair.open(`${hub.origin}/lich`);
  await chair.press('Tạo cuộc họp');
  await chair.fill('Tên cuộc họp', 'Họp giao ban chuyển đổi số');
  await chair.fill('Thành phần tham dự', clerk.me);
  await chair.until('the suggestion', (name) => {
    const option = [...document.querySelectorAll('[role=option]')].find((e) => e.checkVisibility() && e.textContent.includes(name));
    option?.click();
    return option !== undefined;
  }, clerk.me);
  await chair.until('the confirmation', () => {
    const box = [...document.querySelectorAll('input[type=checkbox]')].find((e) => e.labels?.[0]?.textContent.includes('bí mật nhà nước'));
    if (box && !box.checked) box.click();
    return box?.checked;
  });
  await chair.press('Tạo và gửi giấy mời');
  await chair.sees('Đã tạo cuộc họp và gửi giấy mời');
  await clerk.open(`${hub.origin}/thu`);
  await clerk.sees('Giấy mời họp: Họp giao ban chuyển đổi số', 30_000);
  await openLetter(clerk, 'Giấy mời họp: Họp giao ban');
  await clerk.press('Vào họp', 'link');
  await clerk.sees('Họp giao ban chuyển đổi số');
  await clerk.until('the lobby', () => location.pathname.startsWith('/hop/'));
});
