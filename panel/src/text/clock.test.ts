import { expect, test } from 'vitest';
import { offsetOf } from './clock';

const date = 'Sat, 21 Nov 2026 12:00:00 GMT';
const at = Date.parse(date);

test('clocks that agree within a second or two have no offset', () => {
  expect(offsetOf(date, at, at + 900)).toBe(0);
  expect(offsetOf(date, at - 1000, at + 200)).toBe(0);
});

test('a browser that is an hour behind is corrected by an hour', () => {
  expect(offsetOf(date, at - 3_600_000, at - 3_600_000 + 1000)).toBe(3_600_000);
});

test('an answer without a date teaches nothing', () => {
  expect(offsetOf(null, at, at)).toBeNull();
  expect(offsetOf('soon', at, at)).toBeNull();
});
