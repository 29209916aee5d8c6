// What the sample people do: sign in, enter a meeting.
import { PASSWORD } from './hub.mjs';

/** The sample meeting anybody of the directory may enter at any time. */
export const MEETING = '01930000-0000-7000-8000-000000000001';

/** Signs in through the page; answers the session as the hub describes it. */
export async function signIn(visitor, hub, login) {
  await visitor.open(`${hub.origin}/dang-nhap`);
  await visitor.fill('Tên đăng nhập', login);
  await visitor.fill('Mật khẩu', PASSWORD);
  await visitor.press('Đăng nhập');
  await visitor.until('to be signed in', () => !location.pathname.startsWith('/dang-nhap'));
  visitor.session = await visitor.evaluate(() => fetch('/api/session').then((answer) => answer.json()));
  visitor.me = visitor.session.person.name;
}

/** Opens the letter whose row holds these words. */
export async function openLetter(visitor, words) {
  await visitor.until(
    `the letter “${words}”`,
    (w) => {
      const row = [...document.querySelectorAll('main a[href^="/thu/"]')].find((e) => e.checkVisibility() && e.textContent.includes(w));
      row?.click();
      return row !== undefined;
    },
    words,
  );
}

/** Opens the lobby and presses the one big button. */
export async function enter(visitor, hub, meeting = MEETING) {
  await visitor.open(`${hub.origin}/hop/${meeting}`);
  await join(visitor);
}

/** From the lobby into the meeting, with camera and microphone as the lobby found them. */
export async function join(visitor) {
  await visitor.until('camera and microphone to be ready', () => document.body.innerText.includes('Micro hoạt động tốt'), undefined, 8_000).catch(() => {});
  await visitor.press('Vào họp');
  await onStage(visitor);
}

export async function onStage(visitor, patience) {
  await visitor.until('the stage', () => document.querySelector('[data-own]') !== null, undefined, patience);
}

/** The seat the visitor holds. */
export function ownSeat(visitor) {
  return visitor.evaluate(() => document.querySelector('[data-own]')?.dataset.seat);
}

/** What the page says about somebody's microphone and picture, as a screen reader hears it. */
export function tileLabel(visitor, name) {
  return visitor.evaluate(
    (who) =>
      [...document.querySelectorAll('[role=group][data-seat]')]
        .map((tile) => tile.getAttribute('aria-label'))
        .find((label) => label.startsWith(who)),
    name,
  );
}

export async function tileSays(visitor, name, words, patience) {
  await visitor.until(
    `the tile of ${name} to say “${words}”`,
    ({ who, what }) =>
      [...document.querySelectorAll('[role=group][data-seat]')]
        .map((tile) => tile.getAttribute('aria-label'))
        .some((label) => label.startsWith(who) && label.includes(what)),
    { who: name, what: words },
    patience,
  );
}
