// Eight people, six Chromium and two Firefox windows; too much for every run of the gate on two cores.
import { crowd } from './harness/crowd.mjs';

crowd(6, 2);
