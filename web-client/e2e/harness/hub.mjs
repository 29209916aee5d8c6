// A hub of the test's own: temporary data with the sample province, ports of its own choice.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const binary = process.env.LIENTHONG ?? join(target, 'debug', 'lienthong');

/** The address of the test's namespace (see run.mjs). */
export const ADDRESS = '10.99.0.1';

/** The password of every sample sign-in. */
export const PASSWORD = 'Lienthong@2026';

export class Hub {
  /** Starts a hub; resolves when it listens. */
  static async start(overrides = []) {
    const hub = new Hub();
    hub.data = mkdtempSync(join(tmpdir(), 'lienthong-e2e-'));
    hub.overrides = overrides;
    await hub.launch();
    return hub;
  }

  /** Starts the process (again) on the same data and the same ports. */
  async launch() {
    const fixed = this.listening ?? {};
    const listen = (name, fallback) => `${name}.listen=${fixed[name] ?? fallback}`;
    const settings = [
      listen('http', '127.0.0.1:0'),
      listen('https', '0.0.0.0:0'),
      listen('smtp', '127.0.0.1:0'),
      listen('submission', '127.0.0.1:0'),
      listen('submissions', '127.0.0.1:0'),
      listen('imap', '127.0.0.1:0'),
      listen('imaps', '127.0.0.1:0'),
      `media.udp_port=${fixed.media?.split(':').pop() ?? 40000}`,
      `media.address=${ADDRESS}`,
      ...this.overrides,
    ];
    const args = ['serve', '--sample', '--data', this.data, ...settings.flatMap((s) => ['--set', s])];
    this.process = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    this.process.stderr.on('data', (chunk) => (this.log += chunk));
    const exited = once(this.process, 'exit').then(([code]) => {
      throw new Error(`the hub stopped at start (${code}):\n${this.log}`);
    });
    await Promise.race([ready(this.process.stdout), exited]);
    exited.catch(() => {});
    this.listening = JSON.parse(readFileSync(join(this.data, 'listening.json'), 'utf8'));
    this.origin = `https://${ADDRESS}:${this.listening.https.split(':').pop()}`;
  }

  /** What an administrative command prints, given beside the running hub. */
  admin(...words) {
    return execFileSync(binary, ['admin', '--data', this.data, ...words], { encoding: 'utf8' }).trim();
  }

  /** Waits until a metric says this, by the value of its only label (`metrics.listen` must be on). */
  async counts(metric, wanted, patience = 10_000) {
    const line = new RegExp(`^${metric}\\{\\w+="(\\w+)"\\} (\\d+)$`, 'gm');
    const deadline = Date.now() + patience;
    for (;;) {
      const text = await (await fetch(`http://${this.listening.metrics}/metrics`)).text();
      const counted = Object.fromEntries([...text.matchAll(line)].map(([, label, count]) => [label, Number(count)]));
      if (isDeepStrictEqual(counted, wanted)) return;
      if (Date.now() > deadline) throw new Error(`${metric}: ${JSON.stringify(counted)} instead of ${JSON.stringify(wanted)}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }

  /** Stops it as a power cut would. */
  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** Stops it as an operator would, and removes its data. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** Resolves when the hub says that it is ready. */
async function ready(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    if (line.includes('http')) {
      stdout.resume();
      return;
    }
  }
}
