// A microphone that never pauses: what is lost of it is heard.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RATE = 48_000;
const SECONDS = 2;

/** Writes a file of 440 Hz, loud, for Chromium's fake microphone; answers its path. */
export function toneFile() {
  const samples = RATE * SECONDS;
  const file = Buffer.alloc(44 + samples * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < samples; n++) file.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * 440 * n) / RATE)), 44 + 2 * n);
  const path = join(tmpdir(), 'lienthong-tone.wav');
  writeFileSync(path, file);
  return path;
}
