import { expect, test } from 'vitest';
import { drawnSpan, STEP } from './drawn_span';

test('what is seen is drawn, with at least a step beyond it on both sides', () => {
  const { first, end } = drawnSpan(3000, 900, 30, 500);
  expect(first).toBeLessThanOrEqual(100 - STEP);
  expect(end).toBeGreaterThanOrEqual(130 + STEP);
  expect(end - first).toBeLessThan(100);
});

test('a little scrolling changes nothing', () => {
  expect(drawnSpan(3000, 900, 30, 500)).toEqual(drawnSpan(3004, 900, 30, 500));
});

test('never more than there are', () => {
  expect(drawnSpan(0, 900, 30, 3)).toEqual({ first: 0, end: 3 });
  expect(drawnSpan(14_100, 900, 30, 500).end).toBe(500);
  expect(drawnSpan(9000, 900, 30, 3)).toEqual({ first: 3, end: 3 });
});
