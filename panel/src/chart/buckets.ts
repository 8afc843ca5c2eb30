/**
 * The chart as the panel holds it: what the controller summed up, plus live results.
 *
 * As in the controller (series/tally.py), loss is weighed by packets and extremes are those of all
 * RTTs. Percentiles of what came live are those of its rounds' medians; into a bucket that came
 * summed up a live round is blended by weight, until the next fetch replaces the guess.
 */

import type { Line, PingResult, Point, ResultRow } from '../wire';
import { instant } from '../text/age';
import { round, type Round } from './round';

type Drawn =
  'time' | 'count' | 'rtt_min_ms' | 'rtt_p50_ms' | 'rtt_p95_ms' | 'rtt_max_ms' | 'loss_pct';

export interface Bucket extends Pick<Point, Drawn> {
  /** Packets; null or missing where they are not known. */
  sent?: number | null;
  /** The median of each of its rounds; only where all of them were seen live. */
  medians?: number[];
}

export interface Curve extends Omit<Line, 'points' | 'history_since'> {
  points: Bucket[];
}

export function key(of: Pick<Line, 'agent_id' | 'type' | 'target' | 'target_agent'>): string {
  return JSON.stringify([of.agent_id, of.type, of.target, of.target_agent]);
}

/** Add one result. Returns new curves; what did not change is shared with the old ones. */
export function merge(curves: Curve[], bucketSec: number, row: ResultRow<PingResult>): Curve[] {
  const at = instant(row.created_at);
  if (at === null) return curves;
  const time = bucketOf(at, bucketSec);
  const live = round(row.payload);
  const id = key(row);
  const old = curves.find((curve) => key(curve) === id);
  if (!old) {
    const { agent_id, type, target, target_agent } = row;
    return [...curves, { agent_id, type, target, target_agent, points: [fresh(time, live)] }];
  }
  const points = old.points.slice();
  const i = firstFrom(points, time);
  const there = points[i];
  if (there?.time === time) points[i] = blend(there, live);
  else points.splice(i, 0, fresh(time, live));
  return curves.map((curve) => (curve === old ? { ...old, points } : curve));
}

/**
 * Add what came live while a chart was being fetched. The answer may hold it already: a bucket
 * that is there is believed, one that is missing is not in it for certain.
 */
export function catchUp(
  fetched: Curve[],
  bucketSec: number,
  rows: ResultRow<PingResult>[],
): Curve[] {
  const known = new Set(fetched.flatMap((c) => c.points.map((p) => `${key(c)} ${p.time}`)));
  return rows.reduce((curves, row) => {
    const at = instant(row.created_at);
    if (at === null || known.has(`${key(row)} ${bucketOf(at, bucketSec)}`)) return curves;
    return merge(curves, bucketSec, row);
  }, fetched);
}

/** Forget the buckets that ended before the window began. */
export function prune(curves: Curve[], bucketSec: number, from: number): Curve[] {
  return curves.map((curve) => {
    const i = firstFrom(curve.points, from - bucketSec);
    return i === 0 ? curve : { ...curve, points: curve.points.slice(i) };
  });
}

export function resultsIn(curves: Curve[]): number {
  return curves.reduce((sum, c) => c.points.reduce((n, p) => n + p.count, sum), 0);
}

/** Index of the first point at or after a time; points are in order of time. */
export function firstFrom(points: readonly Pick<Point, 'time'>[], time: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((points[mid] as Pick<Point, 'time'>).time < time) low = mid + 1;
    else high = mid;
  }
  return low;
}

function bucketOf(atMs: number, bucketSec: number): number {
  return Math.floor(atMs / 1000 / bucketSec) * bucketSec;
}

function fresh(time: number, live: Round): Bucket {
  return {
    time,
    count: 1,
    sent: live.sent,
    rtt_min_ms: live.minMs,
    rtt_p50_ms: live.medianMs,
    rtt_p95_ms: live.medianMs,
    rtt_max_ms: live.maxMs,
    loss_pct: live.lossPct,
    medians: live.medianMs === null ? [] : [live.medianMs],
  };
}

function blend(old: Bucket, live: Round): Bucket {
  const bucket: Bucket = {
    time: old.time,
    count: old.count + 1,
    sent: old.sent === undefined || old.sent === null ? null : old.sent + live.sent,
    rtt_min_ms: outer(Math.min, old.rtt_min_ms, live.minMs),
    rtt_p50_ms: mean(old.rtt_p50_ms, old.count, live.medianMs),
    rtt_p95_ms: mean(old.rtt_p95_ms, old.count, live.medianMs),
    rtt_max_ms: outer(Math.max, old.rtt_max_ms, live.maxMs),
    loss_pct: loss(old, live),
  };
  const known = roundsOf(old);
  if (!known) return bucket;
  const medians = live.medianMs === null ? known : [...known, live.medianMs].sort((a, b) => a - b);
  return {
    ...bucket,
    medians,
    rtt_p50_ms: ranked(medians, 0.5),
    rtt_p95_ms: ranked(medians, 0.95),
  };
}

/** A sum of one round is that round. */
function roundsOf(bucket: Bucket): number[] | undefined {
  if (bucket.medians || bucket.count !== 1) return bucket.medians;
  return bucket.rtt_p50_ms === null ? [] : [bucket.rtt_p50_ms];
}

/** The value at a rank, not one between two: as the controller takes it. */
function ranked(ascending: number[], share: number): number | null {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? null;
}

/** Of packets, where they are known; else each round weighs the same. */
function loss(old: Bucket, live: Round): number | null {
  const packets = old.sent && live.sent ? old.sent / live.sent : old.count;
  return mean(old.loss_pct, packets, live.lossPct);
}

function mean(old: number | null, weight: number, one: number | null): number | null {
  if (old === null || one === null) return old ?? one;
  return (old * weight + one) / (weight + 1);
}

function outer(
  pick: (a: number, b: number) => number,
  a: number | null,
  b: number | null,
): number | null {
  return a === null || b === null ? (a ?? b) : pick(a, b);
}
