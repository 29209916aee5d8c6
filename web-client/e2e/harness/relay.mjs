// The impairment relay of `tools/testkit` in front of a hub's media port: one person's line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ADDRESS, target } from './hub.mjs';

export class Relay {
  /** Stands before `hub`; resolves when it listens. Browsers reach it with `visitor({ via: relay.address })`. */
  static async start(hub, seed) {
    const relay = new Relay();
    const media = `${ADDRESS}:${hub.listening.media.split(':').pop()}`;
    const words = [`${ADDRESS}:0`, media, String(seed)];
    relay.process = spawn(join(target, 'debug', 'relay'), words, { stdio: ['pipe', 'pipe', 'inherit'] });
    relay.lines = createInterface({ input: relay.process.stdout })[Symbol.asyncIterator]();
    relay.address = (await relay.lines.next()).value;
    return relay;
  }

  /** Changes the line, as `down rate=400000 delay=20`; `down` alone makes it perfect. */
  shape(words) {
    this.process.stdin.write(`${words}\n`);
  }

  /** From now on the hub sees other ports, as behind a translator of addresses that forgot whom it served. */
  rebind() {
    this.process.stdin.write('rebind\n');
  }

  /** Per direction since the last time or change: the longest wait in ms, bytes, datagrams lost. */
  async measure() {
    this.process.stdin.write('measure\n');
    return JSON.parse((await this.lines.next()).value);
  }

  async stop() {
    this.process.stdin.end();
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }
}
