// Every screen: no violation of axe's rules in light and dark, nothing wider than a phone, no request
// to any other host.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { clean } from './harness/look.mjs';
import { MEETING, openLetter, signIn } from './harness/people.mjs';

const PAGES = ['/', '/hop', '/khong-co-trang-nay', '/doi-mat-khau', '/mat-khau-ung-dung', '/xac-thuc-hai-lop', `/hop/${MEETING}`, '/thu', '/lich', '/lich?xem=tuan', '/quan-tri', '/quan-tri/don-vi', '/quan-tri/phong-hop', '/quan-tri/hop-thu', '/quan-tri/dia-chi', '/quan-tri/dia-chi/nhom', '/quan-tri/dia-chi/chuc-vu', '/quan-tri/hang-doi', '/quan-tri/cach-ly', '/quan-tri/nhat-ky'];

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

/** What opens over a page: the page, the button, words of what then stands there, and the menu that holds the button on a phone. */
const OPENED = [
  ['/thu', 'Soạn thư', 'Thêm Cc, Bcc'],
  ['/thu', 'Trả lời tự động', 'Nội dung trả lời', 'Thư mục'],
  ['/thu', 'Quy tắc lọc thư', 'Thêm quy tắc', 'Thư mục'],
  ['/thu', 'Ủy quyền hộp thư', 'Người được ủy quyền', 'Thư mục'],
  ['/thu', 'Thư mục riêng', 'Tên thư mục mới', 'Thư mục'],
  ['/xac-thuc-hai-lop', 'Bật xác thực hai lớp', 'Mật khẩu tài khoản'],
  ['/lich', 'Tạo cuộc họp', 'Thành phần tham dự'],
  ['/quan-tri', 'Thêm người dùng', 'Chức vụ'],
  ['/quan-tri/dia-chi', 'Thêm bí danh', 'Bí danh mới'],
  ['/quan-tri/dia-chi/nhom', 'Thêm nhóm người nhận', 'Ai được gửi'],
  ['/quan-tri/phong-hop', 'Thêm phòng họp', 'Số chỗ'],
];

/** Drawn: a heading stands there, nothing is on its way. */
async function drawn(visitor) {
  await visitor.until('the page to be drawn', () => document.querySelector('h1') && !document.querySelector('[aria-busy=true], .spinner'));
}

async function show(visitor, path) {
  await visitor.open(hub.origin + path);
  await drawn(visitor);
}

async function showOpened(visitor, [path, button, words, menu]) {
  await show(visitor, path);
  if (menu && (await visitor.evaluate(() => innerWidth < 720))) await visitor.press(menu);
  await visitor.press(button);
  await visitor.sees(words);
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in ${colorScheme}`, async (t) => {
    const visitor = await chromium.visitor({ colorScheme });
    t.after(() => visitor.close());
    await show(visitor, '/dang-nhap');
    await clean(visitor, '/dang-nhap');
    await signIn(visitor, hub, 'quantri');
    for (const path of PAGES) {
      await show(visitor, path);
      await clean(visitor, path);
    }
    for (const opened of OPENED) {
      await showOpened(visitor, opened);
      await clean(visitor, opened.join(' '));
    }
    await showLetter(visitor);
    await clean(visitor, 'a letter');
  });
}

async function showLetter(visitor) {
  await show(visitor, '/thu');
  await openLetter(visitor, 'Hội nghị trực tuyến');
  await visitor.until('the letter’s frame', () => document.querySelector('iframe[src*="/mail/view/"]')?.checkVisibility());
}

test('nothing is wider than a phone', async (t) => {
  const visitor = await chromium.visitor({ viewport: { width: 360, height: 740 } });
  t.after(() => visitor.close());
  await show(visitor, '/dang-nhap');
  await fits(visitor, '/dang-nhap');
  await signIn(visitor, hub, 'quantri');
  for (const path of PAGES) {
    await show(visitor, path);
    await fits(visitor, path);
  }
  for (const opened of OPENED) {
    await showOpened(visitor, opened);
    await fits(visitor, opened.join(' '));
  }
  await showLetter(visitor);
  await fits(visitor, 'a letter');
});

/** Neither the page nor an open dialog scrolls sideways. */
async function fits(visitor, what) {
  const excess = await visitor.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('dialog[open] > *, article, .compose')].map((e) => e.scrollWidth - e.clientWidth),
  );
  assert.ok(Math.max(...excess) <= 0, `${what} is ${Math.max(...excess)} px too wide`);
}

test('English is complete on the first screens and lasts', async (t) => {
  const visitor = await chromium.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, 'quantri');
  await visitor.press('EN');
  for (const [path, words] of [['/', 'Today'], ['/thu', 'Inbox'], ['/lich', 'Meeting schedule'], ['/quan-tri', 'System administration']]) {
    await show(visitor, path);
    const headings = (w) => [...document.querySelectorAll('h1, h2')].some((heading) => heading.textContent.trim() === w);
    await visitor.until(`the heading “${words}”`, headings, words);
    assert.equal(await visitor.evaluate(() => document.documentElement.lang), 'en', path);
  }
});

test('the console is closed to others and says whom to ask', async (t) => {
  const visitor = await chromium.visitor();
  t.after(() => visitor.close());
  await signIn(visitor, hub, 'thuky');
  await show(visitor, '/quan-tri');
  await visitor.sees('không có quyền quản trị');
  assert.equal(await visitor.evaluate(() => fetch('/api/admin/people').then((answer) => answer.status)), 403);
  await clean(visitor, '/quan-tri');
});

test('a new person must choose a password first', async (t) => {
  const admin = await chromium.visitor();
  t.after(() => admin.close());
  await signIn(admin, hub, 'quantri');
  const made = await admin.evaluate(async () => {
    const [unit] = await fetch('/api/directory/units').then((answer) => answer.json());
    const body = JSON.stringify({ name: 'Nguyễn Văn Mới', unit: unit.id, position: 'Chuyên viên' });
    const headers = { 'content-type': 'application/json' };
    return fetch('/api/admin/people', { method: 'POST', headers, body }).then((answer) => answer.json());
  });
  const visitor = await chromium.visitor({ viewport: { width: 360, height: 740 } });
  t.after(() => visitor.close());
  await show(visitor, '/dang-nhap');
  await visitor.fill('Tên đăng nhập', made.login);
  await visitor.fill('Mật khẩu', made.temporaryPassword);
  await visitor.press('Đăng nhập');
  await visitor.until('the password page', () => location.pathname === '/doi-mat-khau');
  await visitor.open(`${hub.origin}/thu`);
  await visitor.until('the password page again', () => location.pathname === '/doi-mat-khau');
  await drawn(visitor);
  await fits(visitor, 'the forced change');
  await visitor.fill('Mật khẩu hiện tại', made.temporaryPassword);
  await visitor.fill('Mật khẩu mới', 'ngan');
  await visitor.fill('Nhập lại', 'ngan');
  await visitor.press('Đổi mật khẩu');
  await visitor.until('the refusal', () => document.querySelector('[role=alert]')?.textContent.includes('8'));
  await visitor.fill('Mật khẩu mới', 'Duong-Truyen-9');
  await visitor.fill('Nhập lại', 'Duong-Truyen-9');
  await visitor.press('Đổi mật khẩu');
  await visitor.until('the mailbox asked for', () => location.pathname === '/thu');
});

test('no request leaves the hub’s origin', async (t) => {
  const visitor = await chromium.visitor();
  t.after(() => visitor.close());
  const foreign = [];
  visitor.page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== hub.origin) foreign.push(request.url());
  });
  // What the content security policy stops is no request, but somebody wanted it.
  visitor.page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) foreign.push(message.text());
  });
  await signIn(visitor, hub, 'quantri');
  for (const path of PAGES) {
    await show(visitor, path);
  }
  await showLetter(visitor);
  assert.deepEqual(foreign, []);
});
