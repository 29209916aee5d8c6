// The console's page of addresses: aliases, lists, position addresses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub } from './harness/hub.mjs';
import { clean, picture } from './harness/look.mjs';
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

async function staffAt(t, path, options) {
  const visitor = await chromium.visitor(options);
  t.after(() => visitor.close());
  await signIn(visitor, hub, 'quantri');
  await visitor.open(`${hub.origin}${path}`);
  return visitor;
}

/** Chooses in the open form's list with this label. */
const choose = (visitor, label, value) =>
  visitor.evaluate(
    ({ label: name, value: wanted }) => {
      const field = [...document.querySelectorAll('dialog[open] select')].find((one) => one.labels[0]?.textContent.startsWith(name));
      field.value = wanted;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    },
    { label, value },
  );

test('an alias is added, found and removed', async (t) => {
  const staff = await staffAt(t, '/quan-tri/dia-chi');
  await staff.press('Thêm bí danh');
  await staff.press('Thêm mới');
  await staff.sees('Chưa nhập địa chỉ hộp thư.');
  await staff.fill('Hộp thư', 'stttt@quangbinh.example');
  await staff.fill('Bí danh mới', 'motcua');
  await picture(staff, 'alias-form');
  await clean(staff);
  await staff.press('Thêm mới');
  await staff.sees('Đã thêm bí danh motcua@quangbinh.example');
  await staff.fill('Tìm địa chỉ', 'motcua');
  await staff.until('the one alias', () => document.querySelectorAll('tbody tr').length === 1 && document.querySelector('tbody').textContent.includes('motcua@'));
  await clean(staff);
  await staff.press('Bỏ bí danh: motcua@quangbinh.example');
  await staff.sees('Thư gửi đến địa chỉ này sẽ bị từ chối');
  await staff.press('Bỏ bí danh');
  await staff.sees('Đã bỏ, không nhận thư');
  assert.deepEqual(staff.problems, []);
});

test('a list of named people is created, opened to the outside, given a member, and deleted', async (t) => {
  const staff = await staffAt(t, '/quan-tri/dia-chi/nhom');
  await staff.press('Thêm nhóm người nhận');
  await staff.fill('Tên hiển thị', 'Tổ giúp việc Đề án 06');
  await staff.fill('Địa chỉ thư', 'dean06');
  await picture(staff, 'list-form');
  await clean(staff);
  await staff.press('Thêm mới');
  await staff.sees('Đã tạo địa chỉ “Tổ giúp việc Đề án 06”');
  await staff.fill('Tìm địa chỉ', 'dean06');
  await staff.sees('Mọi người trong hệ thống');

  await staff.press('Sửa: Tổ giúp việc');
  await choose(staff, 'Ai được gửi', 'anyone');
  await staff.press('Lưu');
  await staff.sees('Đã sửa địa chỉ');
  await staff.sees('Cả người ngoài hệ thống');

  await staff.press('Người ghi tên: Tổ giúp việc');
  await staff.fill('Người nhận', 'Nguyễn Thị Mỹ Hạnh');
  await staff.until('her in the list', () => document.querySelector('dialog [role=option]'));
  await staff.page.keyboard.press('Enter');
  await staff.fill('Đến hết ngày', '31/12/2099');
  await staff.press('Thêm người');
  await staff.sees('Đến hết 31/12/2099');
  await picture(staff, 'list-members');
  await clean(staff);
  await staff.press('Xong');
  await staff.sees('1 người');
  await picture(staff, 'lists');

  await staff.press('Xóa địa chỉ: Tổ giúp việc');
  await staff.press('Xóa địa chỉ');
  await staff.sees('Đã xóa địa chỉ');
  await staff.sees('Không có dữ liệu');
  assert.match(hub.admin('audit'), /Sửa địa chỉ của “Tổ giúp việc Đề án 06”; được gửi: cả người ngoài hệ thống/);
  assert.deepEqual(staff.problems, []);
});

for (const [name, options] of [
  ['phone', { viewport: { width: 390, height: 780 } }],
  ['dark', { colorScheme: 'dark' }],
]) {
  test(`the pages have no fault of axe’s rules: ${name}`, async (t) => {
    const staff = await staffAt(t, '/quan-tri/dia-chi', options);
    for (const part of ['', '/nhom', '/chuc-vu']) {
      await staff.open(`${hub.origin}/quan-tri/dia-chi${part}`);
      await staff.until('the list', () => document.querySelector('.tools') && !document.querySelector('.spinner'));
      await clean(staff);
      await picture(staff, `addresses${part.replace('/', '-')}-${name}`);
      const wider = await staff.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${wider} px wider than the screen`);
    }
  });
}
