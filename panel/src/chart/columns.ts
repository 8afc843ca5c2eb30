/** The curves as the columns that uPlot draws. */

import type { AlignedData } from 'uplot';
import type { Bucket, Curve } from './buckets';

/** Columns that one curve takes: the least, the greatest, the 95th percentile, the median. */
export const PER_CURVE = 4;

/**
 * A silence longer than this is a gap. A bucket may be far shorter than the probe's interval, and
 * then most buckets are empty without anything missing.
 */
export function gapAfter(bucketSec: number, intervalSec: number): number {
  return 2.5 * Math.max(bucketSec, intervalSec);
}

/**
 * Times, then least, greatest, p95 and median of each curve. uPlot draws across `undefined` (another
 * curve's time) and breaks the line at `null` (nothing was measured, or everything was lost).
 */
export function columns(curves: readonly Curve[], gapSec: number): AlignedData {
  const rows = curves.map((curve) => rowsOf(curve, gapSec));
  const times = [...new Set(rows.flatMap((r) => [...r.keys()]))].sort((a, b) => a - b);
  const data: (number | null | undefined)[][] = [times];
  for (const row of rows) {
    const at = times.map((time) => row.get(time));
    data.push(at.map((b) => b && b.rtt_min_ms));
    data.push(at.map((b) => b && b.rtt_max_ms));
    data.push(at.map((b) => b && b.rtt_p95_ms));
    data.push(at.map((b) => b && b.rtt_p50_ms));
  }
  return data as AlignedData;
}

type Values = Pick<Bucket, 'rtt_min_ms' | 'rtt_p50_ms' | 'rtt_p95_ms' | 'rtt_max_ms'>;
const NOTHING: Values = {
  rtt_min_ms: null,
  rtt_p50_ms: null,
  rtt_p95_ms: null,
  rtt_max_ms: null,
};

function rowsOf(curve: Curve, gapSec: number): Map<number, Values> {
  const rows = new Map<number, Values>();
  let last: number | undefined;
  for (const point of curve.points) {
    if (last !== undefined && point.time - last > gapSec)
      rows.set((last + point.time) / 2, NOTHING);
    rows.set(point.time, point);
    last = point.time;
  }
  return rows;
}

/** How far above the highest p95 the axis still goes to show a spike whole. */
const SPIKE = 4;

/**
 * The top of the RTT axis. One lost second in a month must not press every line flat: a spike far
 * beyond what is usual leaves the chart, and `cut` says that one does.
 */
export function axisTop(
  curves: readonly Curve[],
  from: number,
  to: number,
): { top: number; cut: boolean } {
  let highest = 0;
  let usual = 0;
  for (const { points } of curves) {
    for (const { time, rtt_max_ms, rtt_p95_ms } of points) {
      if (time < from || time > to) continue;
      highest = Math.max(highest, rtt_max_ms ?? 0);
      usual = Math.max(usual, rtt_p95_ms ?? 0);
    }
  }
  const whole = highest * 1.08;
  const top = Math.min(whole, usual * SPIKE);
  return { top: top || 1, cut: top < highest };
}

export interface Loss {
  time: number;
  pct: number;
}

/** Buckets with loss; where several curves lose at once, the worst is the one that shows. */
export function losses(curves: readonly Curve[]): Loss[] {
  const worst = new Map<number, number>();
  for (const curve of curves) {
    for (const { time, loss_pct } of curve.points) {
      if (loss_pct) worst.set(time, Math.max(loss_pct, worst.get(time) ?? 0));
    }
  }
  return [...worst].map(([time, pct]) => ({ time, pct })).sort((a, b) => a.time - b.time);
}

/** Where a point stands alone between two breaks, a line has no length: it needs a dot. */
export function lonely(column: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  let run: number[] = [];
  for (let i = 0; i <= column.length; i += 1) {
    const value = i === column.length ? null : column[i];
    if (value === undefined) continue;
    if (value !== null) run.push(i);
    else {
      if (run.length === 1) found.push(run[0] as number);
      run = [];
    }
  }
  return found;
}
