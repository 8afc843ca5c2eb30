/** Traffic as bars, a step wide each: what was not reported has none, so a gap is a gap. */

import type { FlowPoint } from '../wire';

/** The plot is this wide, and each half (in above, out below) this high. */
export const WIDTH = 1000;
export const HALF = 100;

export interface Span {
  start: number;
  end: number;
  step_sec: number;
}

/** The largest of a step, in or out; 1 where there is nothing. */
export function highest(points: readonly FlowPoint[]): number {
  return Math.max(1, ...points.map((point) => Math.max(point.bytes_in, point.bytes_out)));
}

export interface Layer {
  name: string;
  points: readonly FlowPoint[];
}

/** Of each layer a path in each direction, those before it between it and the line in the middle. */
export function stacked(
  layers: readonly Layer[],
  span: Span,
  top: number,
): { name: string; in: string; out: string }[] {
  const below = new Map<number, { bytes_in: number; bytes_out: number }>();
  return layers.map(({ name, points }) => {
    const drawn = {
      name,
      in: slabs(points, span, top, 'bytes_in', below),
      out: slabs(points, span, top, 'bytes_out', below),
    };
    for (const point of points) {
      const so = below.get(point.time) ?? { bytes_in: 0, bytes_out: 0 };
      below.set(point.time, {
        bytes_in: so.bytes_in + point.bytes_in,
        bytes_out: so.bytes_out + point.bytes_out,
      });
    }
    return drawn;
  });
}

function slabs(
  points: readonly FlowPoint[],
  span: Span,
  top: number,
  way: 'bytes_in' | 'bytes_out',
  below: ReadonlyMap<number, Pick<FlowPoint, 'bytes_in' | 'bytes_out'>>,
): string {
  const scale = WIDTH / Math.max(1, span.end - span.start);
  const sign = way === 'bytes_in' ? -1 : 1;
  return points
    .filter((point) => point[way] > 0)
    .map((point) => {
      const left = round((point.time - span.start) * scale);
      const foot = round(HALF + ((below.get(point.time)?.[way] ?? 0) / top) * HALF * sign);
      const high = round((point[way] / top) * HALF * sign);
      return `M${left} ${foot}v${high}h${round(span.step_sec * scale)}V${foot}z`;
    })
    .join('');
}

/** Where nothing was reported: [from, to) in px, what is not over yet left out. */
export function gaps(points: readonly FlowPoint[], span: Span, now: number): [number, number][] {
  const scale = WIDTH / Math.max(1, span.end - span.start);
  const found: [number, number][] = [];
  let covered = span.start;
  // The running step and the one before it may still be on their way.
  const due = Math.min(span.end, now - 2 * span.step_sec);
  for (const time of [...points.map((point) => point.time), due]) {
    if (time > covered)
      found.push([round((covered - span.start) * scale), round((time - span.start) * scale)]);
    covered = Math.max(covered, time + span.step_sec);
  }
  return found;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
