// Official mail in the browser: written, noticed, read, answered; an invitation opens its meeting.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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

/** Another server brings a letter of la@la.example. */
function bring(to, subject) {
  const swaks = ['--server', hub.listening.smtp, '--from', 'la@la.example', '--to', to];
  execFileSync('swaks', [...swaks, '--header', `Subject: ${subject}`, '--body', 'Dat hang ngay hom nay.']);
}

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

test('a mailbox is delegated, written from in its owner’s name, and closed again', async (t) => {
  const owner = await person(t, chromium, 'chutri');
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await owner.open(`${hub.origin}/thu`);
  await owner.press('Ủy quyền hộp thư');
  await owner.press('Ủy quyền');
  await owner.sees('Chưa chọn người được ủy quyền');
  await owner.fill('Người được ủy quyền', clerk.session.person.name);
  await owner.until('the clerk in the list', () => document.querySelector('dialog [role=option]'));
  await owner.page.keyboard.press('Enter');
  await owner.fill('Đến hết ngày', '31/12/2099');
  await owner.press('Ủy quyền');
  await owner.sees('Đọc và gửi thay mặt (ghi tên người gửi) · từ');

  await clerk.open(`${hub.origin}/thu`);
  await clerk.sees('Hộp thư được ủy quyền');
  await clerk.press('Hộp thư được ủy quyền', 'link');
  await clerk.seesNot('Trả lời tự động');
  await compose(clerk, personal(owner), 'V/v thay mặt trả lời', 'Kính gửi đồng chí.');
  await clerk.press('Gửi');
  await owner.page.keyboard.press('Escape');
  await owner.sees('V/v thay mặt trả lời', 30_000);
  await openLetter(owner, 'V/v thay mặt trả lời');
  await owner.sees(`(${personal(clerk)} gửi thay mặt)`);
  assert.deepEqual([...clerk.problems, ...owner.problems], []);
});

test('a stranger’s letter is marked in the list, reported as spam and taken back', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await clerk.sees('Hộp thư đến');
  await clerk.seesNot('Bên ngoài');
  bring(personal(clerk), 'Khuyen mai lon');
  await clerk.sees('Khuyen mai lon', 30_000);
  await clerk.sees('Bên ngoài');
  await openLetter(clerk, 'Khuyen mai lon');
  await clerk.press('Báo cáo thư rác');
  await clerk.sees('Đã chuyển 1 thư vào Thư rác');
  await clerk.open(`${hub.origin}/thu`);
  await clerk.press('Thư rác', 'link');
  await openLetter(clerk, 'Khuyen mai lon');
  await clerk.press('Không phải thư rác');
  await clerk.sees('Đã chuyển 1 thư về Hộp thư đến');
  await clerk.press('Hộp thư đến', 'link');
  await clerk.sees('Khuyen mai lon');
  assert.deepEqual(clerk.problems, []);
});

test('an unknown recipient is named before the letter leaves', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, 'khong.co.ai@quangbinh.example', 'Nhầm địa chỉ', 'Kính gửi.');
  await clerk.press('Gửi');
  await clerk.sees('địa chỉ không tồn tại', 30_000);
  await clerk.until('the letter to be back, the address marked', () => document.querySelector('.compose .chip.bad')?.textContent.includes('khong.co.ai'));
});

test('a letter refused after its page was closed is told of at the next visit', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, 'khong.co.ai@quangbinh.example', 'Gửi rồi đóng trang', 'Kính gửi.');
  await clerk.press('Gửi');
  await clerk.sees('Thư sẽ được gửi sau 10 giây');
  await clerk.open(`${hub.origin}/lich`);
  await clerk.open(`${hub.origin}/thu`);
  await clerk.sees('Thư “Gửi rồi đóng trang” chưa gửi được');
  await clerk.reload();
  await clerk.sees('Hộp thư đến');
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

test('an answer begun and left untouched leaves no draft', async (t) => {
  const clerk = await person(t, chromium, 'kythuat');
  await clerk.open(`${hub.origin}/thu`);
  await openLetter(clerk, 'Hội nghị trực tuyến');
  // Before the letter stands there, the only button that begins so is “Trả lời tự động”.
  await clerk.until('the letter’s frame', () => document.querySelector('iframe')?.src.includes('/mail/view/'));
  await clerk.press('Trả lời');
  await clerk.until('the quoted letter', () => document.querySelector('.compose [contenteditable]')?.textContent.includes('Trân trọng kính mời'));
  await clerk.press('Đóng');
  await clerk.until('the composer to go', () => !document.querySelector('.compose'));
  await clerk.press('Thư nháp', 'link');
  await clerk.sees('Chưa có thư nào');
  assert.equal(await clerk.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length), 0);
});

test('search finds a letter without diacritics, and only it', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await compose(clerk, personal(clerk), 'Thống kê tủ hồ sơ', 'Kính gửi.');
  await clerk.press('Gửi');
  await seesRow(clerk, 'Thống kê tủ hồ sơ', 30_000);
  await seesRow(clerk, 'Hội nghị trực tuyến');
  await clerk.fill('Tìm kiếm thư', 'thong ke tu ho so');
  await clerk.page.keyboard.press('Enter');
  await clerk.sees('Kết quả tìm kiếm');
  await clerk.until('that letter alone', () => {
    const rows = [...document.querySelectorAll('main li a[href^="/thu/"]')].filter((e) => e.checkVisibility() && e.href.includes('q='));
    return rows.length === 1 && rows[0].textContent.includes('Thống kê tủ hồ sơ');
  });
});

/** Waits until the list shows a letter with these words. */
async function seesRow(visitor, words, patience) {
  const shown = (w) => [...document.querySelectorAll('main li a[href^="/thu/"]')].some((e) => e.checkVisibility() && e.textContent.includes(w));
  await visitor.until(`a row “${words}”`, shown, words, patience);
}

test('two who change one automatic reply are told of each other, in the dialog itself', async (t) => {
  const [first, second] = [await person(t, chromium, 'vanthu.stttt'), await person(t, firefox, 'vanthu.stttt')];
  for (const clerk of [first, second]) {
    await clerk.open(`${hub.origin}/thu`);
    await clerk.press('Trả lời tự động');
    await clerk.fill('Nội dung trả lời', 'Tôi đi công tác.');
  }
  await first.press('Lưu');
  await first.sees('Đã tắt trả lời tự động');
  await second.press('Lưu');
  await second.sees('Người khác vừa thay đổi trả lời tự động');
  const within = () => document.querySelector('dialog[open] [role=status]')?.textContent.includes('Người khác') ?? false;
  assert.ok(await second.evaluate(within), 'the notice stands behind the dialog, where nobody can reach it');
  await second.press('Lưu');
  await second.sees('Đã tắt trả lời tự động');
});

test('a letter is written and sent with keys alone', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  const { keyboard } = clerk.page;
  const focused = () => clerk.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? '');
  /** Goes on with Tab to the field of this name. */
  const tabTo = async (label) => {
    for (let step = 0; step < 20 && !(await focused()).startsWith(label); step += 1) await keyboard.press('Tab');
    assert.ok((await focused()).startsWith(label), `Tab reaches “${label}”, not “${await focused()}”`);
  };
  await clerk.open(`${hub.origin}/thu`);
  await seesRow(clerk, 'Hội nghị trực tuyến');
  await keyboard.press('c');
  await clerk.sees('Thư mới');
  await clerk.until('the focus to be in the letter', () => document.activeElement.closest('.compose') !== null);
  await tabTo('Đến');
  await keyboard.type('nga le thu');
  await clerk.until('a suggestion', () => document.querySelector('.compose [role=option]')?.checkVisibility());
  await keyboard.press('Enter');
  await clerk.until('the recipient', () => document.querySelector('.compose .chip')?.textContent.includes('Lê Thị Thu Nga'));
  await tabTo('Chủ đề');
  await keyboard.type('Thư không dùng chuột');
  await tabTo('Nội dung thư');
  await keyboard.type('Kính gửi đồng chí.');
  await keyboard.press('Control+Enter');
  await clerk.sees('Thư sẽ được gửi sau 10 giây');
});

test('a letter prints as a sheet: its head and text, no buttons', async (t) => {
  const clerk = await person(t, chromium, 'vanthu.stttt');
  await clerk.open(`${hub.origin}/thu`);
  await openLetter(clerk, 'Hội nghị trực tuyến');
  await clerk.until('the letter’s frame', () => document.querySelector('iframe[src*="/mail/view/"]'));
  await clerk.page.emulateMedia({ media: 'print' });
  const sheet = await clerk.evaluate(() => document.body.innerText);
  for (const words of ['V/v mời dự Hội nghị trực tuyến', 'Đề nghị các đơn vị kiểm tra đường truyền', personal(clerk)]) {
    assert.ok(sheet.includes(words), `“${words}” is printed:\n${sheet}`);
  }
  for (const words of ['Soạn thư', 'Trả lời', 'Hướng dẫn', 'Xem người nhận', 'Quản trị']) {
    assert.ok(!sheet.includes(words), `“${words}” is not printed:\n${sheet}`);
  }
});

test('a meeting made in the calendar invites by letter; the letter is answered and opens the meeting', async (t) => {
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
  await clerk.sees('Chưa trả lời');
  await clerk.press('Từ chối');
  await clerk.fill('Lý do vắng mặt', 'Bận công tác');
  await clerk.press('Gửi trả lời');
  await clerk.sees('Không dự được');
  // The organiser reads the letter, and the meeting's own page counts the answer.
  await chair.open(`${hub.origin}/thu`);
  await chair.sees('Trả lời giấy mời họp: Họp giao ban chuyển đổi số', 30_000);
  await openLetter(chair, 'Trả lời giấy mời họp: Họp giao ban');
  await chair.sees(`${clerk.me}: Không dự được`);
  await chair.press('Xem trong lịch', 'link');
  await chair.sees('Không dự được – Bận công tác');
  await clerk.press('Vào họp', 'link');
  await clerk.sees('Họp giao ban chuyển đổi số');
  await clerk.until('the lobby', () => location.pathname.startsWith('/hop/'));
});
