/** The four states of a verdict, in words. */

import type { HealthVerdict } from '../wire';
import { say as general } from '../words/en/general';
import { say } from '../words/en/text';

export type Status = HealthVerdict['status'];

export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  get critical() {
    return say.down;
  },
  get degraded() {
    return say.degraded;
  },
  get unknown() {
    return general.notKnown;
  },
  get healthy() {
    return say.fine;
  },
};

const ORDER: readonly Status[] = ['critical', 'degraded', 'unknown', 'healthy'];

/** Worst first. */
export const worseFirst = (a: Status, b: Status) => ORDER.indexOf(a) - ORDER.indexOf(b);
