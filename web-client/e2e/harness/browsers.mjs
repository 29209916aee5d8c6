// Chromium (playwright) and Firefox ESR (puppeteer over WebDriver BiDi) behind one small page: what a
// person does (open, press, type, read) and what a person sees and hears (pixels, sound).
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FAR_CHROMIUM = join(dirname(fileURLToPath(import.meta.url)), 'far-chromium.sh');

/** Milliseconds a test waits for something that should happen at once. */
export const PATIENCE = 20_000;

/**
 * Starts `chromium`, `firefox`, or `far`: a Chromium at the other end of a line that can be cut.
 * `cameras`: how many the machine has (Firefox knows only 0: no microphone either, or its usual one);
 * `refuses`: whoever is asked for camera and microphone says no; `sound`: a file that Chromium's
 * microphone hears all the time; `trusts`: the file of a CA's certificate that Chromium trusts, for what no
 * flag makes it forgive.
 */
export async function launch(name, { cameras = 1, refuses = false, sound, trusts } = {}) {
  if (name === 'firefox') return launchFirefox(cameras > 0, refuses);
  return launchChromium(name === 'far' ? FAR_CHROMIUM : '/usr/bin/chromium', cameras, refuses, sound, trusts);
}

async function launchChromium(executablePath, cameras, refuses, sound, trusts) {
  const home = trusts && homeThatTrusts(trusts);
  const browser = await playwright.launch({
    executablePath,
    ...(home ? { env: { ...process.env, HOME: home } } : {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(refuses ? [] : ['--use-fake-ui-for-media-stream']),
      `--use-fake-device-for-media-stream=device-count=${cameras}`,
      ...(sound ? [`--use-file-for-fake-audio-capture=${sound}`] : []),
      '--autoplay-policy=no-user-gesture-required',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      '--disable-background-timer-throttling',
    ],
  });
  return {
    name: 'chromium',
    async visitor(options = {}) {
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        viewport: options.viewport ?? { width: 1366, height: 768 },
        locale: 'vi-VN',
        timezoneId: 'Asia/Ho_Chi_Minh',
        colorScheme: options.colorScheme ?? 'light',
        permissions: refuses ? [] : ['camera', 'microphone'],
      });
      await context.addInitScript(keepPeers);
      if (options.via) await context.addInitScript(goVia, options.via);
      if (options.small) await context.addInitScript(captureSmall);
      if (options.sheet) await context.addInitScript(presentSheet);
      const page = await context.newPage();
      return new Visitor('chromium', page, () => context.close(), context);
    },
    close: async () => {
      await browser.close();
      if (home) rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A home folder whose certificate database has this CA, as an office's machines have it. */
function homeThatTrusts(certificate) {
  const home = mkdtempSync(join(tmpdir(), 'lienthong-home-'));
  const folder = join(home, '.pki', 'nssdb');
  execFileSync('mkdir', ['-p', folder]);
  const certutil = (...words) => execFileSync('certutil', ['-d', `sql:${folder}`, ...words], { stdio: 'pipe' });
  certutil('-N', '--empty-password');
  certutil('-A', '-t', 'C,,', '-n', 'hub', '-i', certificate);
  return home;
}

async function launchFirefox(fake, refuses) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': fake,
      'media.navigator.permission.disabled': !refuses,
      ...(refuses ? { 'permissions.default.camera': 2, 'permissions.default.microphone': 2 } : {}),
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.gmp-manager.updateEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'intl.accept_languages': 'vi-VN',
    },
  });
  return {
    name: 'firefox',
    async visitor(options = {}) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.evaluateOnNewDocument(keepPeers);
      if (options.via) await page.evaluateOnNewDocument(goVia, options.via);
      if (options.small) await page.evaluateOnNewDocument(captureSmall);
      if (options.sheet) await page.evaluateOnNewDocument(presentSheet);
      await page.setViewport(options.viewport ?? { width: 1366, height: 768 });
      return new Visitor('firefox', page, () => context.close());
    },
    close: () => browser.close(),
  };
}

/** One person's browser window. */
export class Visitor {
  constructor(browser, page, close, context) {
    this.browser = browser;
    this.page = page;
    this.closeContext = close;
    this.context = context;
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(String(error)));
  }

  async open(url) {
    await this.page.goto(url, { waitUntil: 'domcontentloaded' });
  }

  async reload() {
    await this.page.reload({ waitUntil: 'domcontentloaded' });
  }

  /** Runs a function in the page. */
  evaluate(work, argument) {
    return this.page.evaluate(work, argument);
  }

  /** Waits until a function in the page answers something true; says what it waited for otherwise. */
  async until(what, work, argument, patience = PATIENCE) {
    const deadline = Date.now() + patience;
    let last;
    // An element is an answer too, though no browser hands it over.
    const question = `Promise.resolve((${work})(${JSON.stringify(argument) ?? ''})).then((a) => (a instanceof Node ? true : a))`;
    while (Date.now() < deadline) {
      try {
        last = await this.page.evaluate(question);
        if (last) return last;
      } catch (error) {
        last = String(error); // the page is navigating
      }
      await new Promise((resume) => setTimeout(resume, 100));
    }
    const text = await this.page.evaluate(() => document.body.innerText.slice(0, 1500)).catch(() => '');
    throw new Error(`${this.browser}: waited in vain for ${what} (last: ${last})\n--- page ---\n${text}`);
  }

  /** Presses the visible control whose accessible name is, or begins with, `name`. */
  async press(name, role = 'button') {
    await this.until(`the ${role} “${name}”`, findControl, { name, role });
    await this.evaluate(pressControl, { name, role });
  }

  /** Types into the field with this label, as keys would. */
  async fill(label, value) {
    await this.until(`the field “${label}”`, findField, { label });
    await this.evaluate(fillField, { label, value });
  }

  /** Waits for visible text. */
  async sees(text, patience) {
    await this.until(`the text “${text}”`, (t) => document.body.innerText.includes(t), text, patience);
  }

  async seesNot(text, patience) {
    await this.until(`the text “${text}” to go`, (t) => !document.body.innerText.includes(t), text, patience);
  }

  screenshot(path) {
    return this.page.screenshot({ path });
  }

  close() {
    return this.closeContext();
  }
}

// The functions below run in the page; each must stand alone.

/** Remembers the page's connections, for what can be asked only of them. */
function keepPeers() {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...settings) {
      super(...settings);
      window.peers.push(this);
    }
  };
}

/** Media goes to `address` instead of where the hub says: the relay of a test stands there. */
function goVia(address) {
  const place = address.replace(':', ' ');
  const native = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return native.call(this, { type, sdp: sdp.replace(/(a=candidate:\S+ \d+ udp \d+ )\S+ \d+/gi, `$1${place}`) });
  };
}

/** Many cameras on one small machine: what is captured is small and slow, so that all can be encoded. */
function captureSmall() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const capture = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (wish) =>
    capture(wish.video ? { ...wish, video: { ...wish.video, width: 320, height: 180, frameRate: 8 } } : wish);
}

/** What is presented is a sheet of small print on which something always moves, as a film in a page. */
function presentSheet() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  devices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const context = canvas.getContext('2d');
    context.fillStyle = 'white';
    context.fillRect(0, 0, 1280, 720);
    context.fillStyle = 'black';
    context.font = '14px sans-serif';
    for (let line = 0; line < 40; line++) context.fillText(`Điều ${line + 1}. ` + 'Văn bản họp trực tuyến. '.repeat(7), 20, 18 * line + 18);
    let at = 0;
    const draw = () => {
      at += 1;
      for (let block = 0; block < 100; block++) {
        context.fillStyle = `hsl(${(at * 7 + block * 37) % 360} 80% 50%)`;
        context.fillRect(1000 + (block % 10) * 16, 500 + Math.floor(block / 10) * 16, 16, 16);
      }
    };
    draw();
    const timer = setInterval(draw, 66);
    const stream = canvas.captureStream(15);
    stream.getVideoTracks()[0].addEventListener('ended', () => clearInterval(timer));
    return stream;
  };
}

function findControl({ name, role }) {
  const selector = { button: 'button,[role=button],summary', link: 'a[href]', tab: '[role=tab]' }[role];
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  // Nothing below an open dialog can be pressed.
  const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
  const named = [...within.querySelectorAll(selector)].filter((element) => {
    const label = clean(element.getAttribute('aria-label') ?? element.textContent);
    return element.checkVisibility() && !element.disabled && (label === name || label.startsWith(name));
  });
  return named.length > 0;
}

function pressControl({ name, role }) {
  const selector = { button: 'button,[role=button],summary', link: 'a[href]', tab: '[role=tab]' }[role];
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const label = (element) => clean(element.getAttribute('aria-label') ?? element.textContent);
  const within = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
  const usable = [...within.querySelectorAll(selector)].filter((e) => e.checkVisibility() && !e.disabled);
  const element = usable.find((e) => label(e) === name) ?? usable.find((e) => label(e).startsWith(name));
  element.click();
}

function findField({ label }) {
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  return [...document.querySelectorAll('input,textarea,select,[contenteditable=true]')].some((field) => {
    const names = [field.getAttribute('aria-label'), ...[...(field.labels ?? [])].map((l) => l.textContent)];
    return field.checkVisibility() && names.some((n) => clean(n).startsWith(label));
  });
}

function fillField({ label, value }) {
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const field = [...document.querySelectorAll('input,textarea,select,[contenteditable=true]')].find((f) => {
    const names = [f.getAttribute('aria-label'), ...[...(f.labels ?? [])].map((l) => l.textContent)];
    return f.checkVisibility() && names.some((n) => clean(n).startsWith(label));
  });
  field.focus();
  if (field.isContentEditable) {
    document.execCommand('insertText', false, value);
    return;
  }
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}
