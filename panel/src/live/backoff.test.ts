import { expect, test } from 'vitest';
import { CAP_MS, FIRST_MS, pause } from './backoff';

const longest = () => 0.999999;
const shortest = () => 0;

test('pauses double, then stay at the cap for ever', () => {
  const pauses = Array.from({ length: 10 }, (_, i) => Math.round(pause(i, longest)));
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000]);
  expect(pause(1_000_000, longest)).toBeLessThanOrEqual(CAP_MS);
});

test('the shortest pause is half of the longest and never nothing', () => {
  expect(pause(0, shortest)).toBe(FIRST_MS / 2);
  expect(pause(50, shortest)).toBe(CAP_MS / 2);
});

test('two panels that fell at the same moment return at different ones', () => {
  expect(pause(6)).not.toBe(pause(6));
});
