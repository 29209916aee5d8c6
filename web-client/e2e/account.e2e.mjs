// The second factor: switched on with a telephone, asked for at sign-in, opened by a recovery code, taken off by IT staff.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch } from './harness/browsers.mjs';
import { Hub, PASSWORD } from './harness/hub.mjs';
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

/** What a telephone shows for a key in base32, so many steps from now (RFC 6238). */
function telephone(key, stepsAhead = 0) {
  const bits = [...key.replaceAll(' ', '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsAhead));
  const mac = createHmac('sha1', secret).update(step).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

async function switchOn(visitor) {
  await visitor.open(`${hub.origin}/xac-thuc-hai-lop`);
  await visitor.press('Bật xác thực hai lớp');
  await visitor.fill('Mật khẩu tài khoản', PASSWORD);
  await visitor.press('Tiếp tục');
  await visitor.sees('quét hình này');
  const key = await visitor.evaluate(() => [...document.querySelectorAll('dialog input')].find((input) => input.readOnly).value);
  await visitor.fill('Mã xác thực', telephone(key));
  await visitor.press('Xác nhận');
  await visitor.sees('Các mã chỉ hiển thị một lần');
  const codes = await visitor.evaluate(() => [...document.querySelectorAll('dialog li')].map((line) => line.innerText));
  await visitor.press('Tôi đã lưu các mã');
  return { key, codes };
}

async function firstStep(visitor, login) {
  await visitor.open(`${hub.origin}/dang-nhap`);
  await visitor.fill('Tên đăng nhập', login);
  await visitor.fill('Mật khẩu', PASSWORD);
  await visitor.press('Đăng nhập');
  await visitor.sees('đề nghị nhập mã');
}

async function isSignedIn(visitor) {
  await visitor.until('to be signed in', () => !location.pathname.startsWith('/dang-nhap'));
}

test('a code from the telephone opens the second step, a recovery code does when it is lost', async (t) => {
  const owner = await chromium.visitor();
  const elsewhere = await chromium.visitor();
  t.after(() => Promise.all([owner.close(), elsewhere.close()]));
  await signIn(owner, hub, 'vanthu.stttt');
  const { key, codes } = await switchOn(owner);
  await owner.sees('Mã dự phòng chưa dùng: 10');
  assert.equal(codes.length, 10);

  await firstStep(elsewhere, 'vanthu.stttt');
  await elsewhere.fill('Mã xác thực', '000000');
  await elsewhere.press('Đăng nhập');
  await elsewhere.sees('Còn 4 lần thử');
  await elsewhere.fill('Mã xác thực', telephone(key, 1));
  await elsewhere.press('Đăng nhập');
  await isSignedIn(elsewhere);

  const lost = await chromium.visitor();
  t.after(() => lost.close());
  await firstStep(lost, 'vanthu.stttt');
  await lost.press('Dùng mã dự phòng');
  await lost.fill('Mã dự phòng', codes[0]);
  await lost.press('Đăng nhập');
  await isSignedIn(lost);
  await lost.open(`${hub.origin}/xac-thuc-hai-lop`);
  await lost.sees('Mã dự phòng chưa dùng: 9');
  await lost.press('Tắt xác thực hai lớp');
  await lost.press('Dùng mã dự phòng');
  await lost.fill('Mã dự phòng', codes[1]);
  await lost.press('Xác nhận');
  await lost.sees('Chưa bật xác thực hai lớp');
});

test('IT staff take it off for somebody who lost telephone and codes', async (t) => {
  const owner = await chromium.visitor();
  const technician = await chromium.visitor();
  t.after(() => Promise.all([owner.close(), technician.close()]));
  await signIn(owner, hub, 'thuky');
  await switchOn(owner);
  await signIn(technician, hub, 'quantri');
  await technician.open(`${hub.origin}/quan-tri?tim=thuky`);
  await technician.press('Gỡ xác thực hai lớp: ');
  await technician.press('Gỡ xác thực hai lớp');
  await technician.sees('Đã gỡ xác thực hai lớp');
  await signIn(owner, hub, 'thuky');
});
