/** The four states of a verdict, in words. */

import type { HealthVerdict } from '../wire';

export type Status = HealthVerdict['status'];

export const STATUS_WORDS: Record<Status, string> = {
  critical: 'down',
  degraded: 'degraded',
  unknown: 'not known',
  healthy: 'fine',
};

const ORDER: readonly Status[] = ['critical', 'degraded', 'unknown', 'healthy'];

/** Worst first. */
export const worseFirst = (a: Status, b: Status) => ORDER.indexOf(a) - ORDER.indexOf(b);
