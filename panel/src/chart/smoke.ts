/** The median of one curve, coloured by what was lost: each step also thicker than the one before. */

import type { Curve } from './buckets';
import { say } from '../words/en/chart';

export interface LossStep {
  /** Percent, this much included. */
  most: number;
  name: string;
  widthPx: number;
}

/** Their colours are `--loss-0` and on: from dark to light or back, so that hue is not needed. */
export const LOSS_STEPS: readonly LossStep[] = [
  {
    most: 0,
    get name() {
      return say.lossNone;
    },
    widthPx: 1.5,
  },
  { most: 1, name: '≤ 1 %', widthPx: 2.2 },
  { most: 5, name: '≤ 5 %', widthPx: 2.8 },
  { most: 20, name: '≤ 20 %', widthPx: 3.4 },
  {
    most: 100,
    get name() {
      return say.lossMore;
    },
    widthPx: 4,
  },
];

export function lossStep(pct: number | null): number {
  const found = LOSS_STEPS.findIndex((step) => (pct ?? 0) <= step.most);
  return found < 0 ? LOSS_STEPS.length - 1 : found;
}

/** Points one after another that lost about as much; each begins where the one before ended. */
export interface Stroke {
  step: number;
  points: [time: number, ms: number][];
}

export function strokes({ points }: Pick<Curve, 'points'>, gapSec: number): Stroke[] {
  const found: Stroke[] = [];
  let before: [number, number] | null = null;
  for (const { time, rtt_p50_ms: rttMs, loss_pct } of points) {
    if (rttMs === null) {
      before = null;
      continue;
    }
    const step = lossStep(loss_pct);
    const here: [number, number] = [time, rttMs];
    const open = found.at(-1);
    const joined: [number, number] | null = before && time - before[0] <= gapSec ? before : null;
    if (joined && open?.step === step) open.points.push(here);
    else found.push({ step, points: joined ? [joined, here] : [here] });
    before = here;
  }
  return found;
}
