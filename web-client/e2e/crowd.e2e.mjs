// The meeting of the gate: five people, both browsers. Eight: `npm run e2e:eight`.
import { crowd } from './harness/crowd.mjs';

crowd(4, 1);
