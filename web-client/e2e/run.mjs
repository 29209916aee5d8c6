// Runs the browser tests in network namespaces of their own: real addresses (Firefox starts no ICE
// against 127.0.0.1), a default route (without one it gathers no candidate), and no way out, so that a
// request to any other host fails the test that caused it. `run.mjs mail` runs the files with `mail` in
// their names; `run.mjs screenshots.mjs` runs that script.
//
//   here: hub, Firefox, Chromium, the tests    10.99.0.1 ── veth ── 10.99.0.2   `visitor`: one more Chromium,
//                                                                               whose line a test can cut
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.e2e.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()
  .map((name) => join(here, name));

const setup = [
  'mkdir -p /run/netns',
  'mount -t tmpfs none /run/netns',
  'ip netns add visitor',
  'ip link set lo up',
  'ip link add lt0 type veth peer name lt1 netns visitor',
  // An address that the kernel gives itself a moment later is a change of network to Chromium, which drops
  // what it is loading.
  'ip link set lt0 addrgenmode none',
  'ip addr add 10.99.0.1/24 dev lt0',
  'ip link set lt0 up',
  'ip route add default via 10.99.0.2',
  'ip -n visitor link set lo up',
  'ip -n visitor link set lt1 addrgenmode none',
  'ip -n visitor addr add 10.99.0.2/24 dev lt1',
  'ip -n visitor link set lt1 up',
  'ip -n visitor route add default via 10.99.0.1',
  'exec "$@"',
].join(' && ');
const namespaces = ['--net', '--mount', ...(process.getuid() === 0 ? [] : ['--map-root-user'])];
const work = wanted[0]?.endsWith('.mjs')
  ? [process.execPath, join(here, wanted[0])]
  : [process.execPath, '--test', '--test-concurrency=1', '--test-timeout=300000', ...files];
const { status } = spawnSync('unshare', [...namespaces, 'sh', '-c', setup, 'sh', ...work], { stdio: 'inherit' });
process.exit(status ?? 1);
