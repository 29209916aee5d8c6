// The line between the hub and the browser in the namespace `visitor`.
import { execFileSync } from 'node:child_process';

const ip = (...words) => execFileSync('ip', words, { stdio: 'pipe' });

/** Nobody has this address on the link: frames to it are lost without a word, as on a dead line. */
const NOBODY = '02:00:00:00:00:99';

/** Loses every packet in both directions; neither side is told. */
export function cutLine() {
  ip('-n', 'visitor', 'neigh', 'replace', '10.99.0.1', 'lladdr', NOBODY, 'dev', 'lt1', 'nud', 'permanent');
  ip('neigh', 'replace', '10.99.0.2', 'lladdr', NOBODY, 'dev', 'lt0', 'nud', 'permanent');
}

/** Mends the line. */
export function mendLine() {
  ip('-n', 'visitor', 'neigh', 'del', '10.99.0.1', 'dev', 'lt1');
  ip('neigh', 'del', '10.99.0.2', 'dev', 'lt0');
}

const UDP = ['pref', '1', 'ipproto', 'udp'];

/** From now on no UDP passes between the hub and the far end, as behind many an office's firewall. */
export function refuseUdp() {
  ip('-n', 'visitor', 'rule', 'add', ...UDP, 'to', '10.99.0.1', 'blackhole');
  ip('rule', 'add', ...UDP, 'to', '10.99.0.2', 'blackhole');
}

/** Lets UDP pass again. */
export function allowUdp() {
  ip('-n', 'visitor', 'rule', 'del', ...UDP, 'to', '10.99.0.1', 'blackhole');
  ip('rule', 'del', ...UDP, 'to', '10.99.0.2', 'blackhole');
}

/** What TCP is refused when only this port is let through. */
const beside = (port) => [`1-${port - 1}`, `${port + 1}-65534`].map((ports) => ['pref', '1', 'ipproto', 'tcp', 'dport', ports]);

/** From now on the far end reaches one TCP port of the hub and nothing else, as behind the strictest firewalls. */
export function allowOnly(port) {
  refuseUdp();
  for (const rule of beside(port)) ip('-n', 'visitor', 'rule', 'add', ...rule, 'to', '10.99.0.1', 'blackhole');
}

/** Lets everything pass again. */
export function allowAll(port) {
  allowUdp();
  for (const rule of beside(port)) ip('-n', 'visitor', 'rule', 'del', ...rule, 'to', '10.99.0.1', 'blackhole');
}
