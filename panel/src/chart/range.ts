/** How far back a chart looks. */

import { say } from '../words/en/chart';

export interface Range {
  id: string;
  name: string;
  sec: number;
}

const HOUR = 3600;

export const RANGES: readonly Range[] = [
  { id: '15m', name: '15 min', sec: HOUR / 4 },
  { id: '1h', name: '1 h', sec: HOUR },
  { id: '6h', name: '6 h', sec: 6 * HOUR },
  { id: '24h', name: '24 h', sec: 24 * HOUR },
  { id: '7d', name: '7 d', sec: 7 * 24 * HOUR },
  { id: '30d', name: '30 d', sec: 30 * 24 * HOUR },
  {
    id: '1y',
    get name() {
      return say.year;
    },
    sec: 365 * 24 * HOUR,
  },
];

/** A part of the past, in Unix seconds. */
export interface Window {
  from: number;
  to: number;
}

/** In whole seconds, and never empty. */
export function whole(from: number, to: number): Window {
  const start = Math.floor(from);
  return { from: start, to: Math.max(start + 1, Math.ceil(to)) };
}

/** As it stands in an address; null where it stands there wrongly or not at all. */
export function picked(from: string, to: string): Window | null {
  if (!/^\d{1,11}$/.test(from) || !/^\d{1,11}$/.test(to)) return null;
  return Number(from) < Number(to) ? { from: Number(from), to: Number(to) } : null;
}

const HOUR_RANGE = RANGES[1] as Range;

export function rangeOf(id: string): Range {
  return RANGES.find((range) => range.id === id) ?? HOUR_RANGE;
}

/** The window of the same length before (-1) or after (1); at `now` it ends at the latest. */
export function beside({ from, to }: Window, way: -1 | 1, now: number): Window {
  const step = Math.min(way * (to - from), now - to);
  return whole(from + step, to + step);
}
