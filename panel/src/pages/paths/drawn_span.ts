/** Which part of many equal things is drawn: what is seen, and some beyond it. */

export interface Span {
  first: number;
  /** Behind the last. */
  end: number;
}

/** So many are drawn, or left out, together: a little scrolling changes nothing. */
export const STEP = 8;

export function drawnSpan(scrolledPx: number, roomPx: number, eachPx: number, count: number): Span {
  const step = eachPx * STEP;
  const first = Math.max(0, Math.floor(scrolledPx / step) - 1) * STEP;
  const end = (Math.ceil((scrolledPx + roomPx) / step) + 1) * STEP;
  return { first: Math.min(first, count), end: Math.min(end, count) };
}
