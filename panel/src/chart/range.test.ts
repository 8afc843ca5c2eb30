import { expect, test } from 'vitest';
import { beside, picked, rangeOf, whole } from './range';

test('an unknown range is an hour', () => {
  expect([rangeOf('7d').id, rangeOf('').id, rangeOf('8d').id]).toEqual(['7d', '1h', '1h']);
});

test('what was picked comes back from an address in whole seconds', () => {
  const { from, to } = whole(1_700_000_000.7, 1_700_000_060.2);
  expect(picked(`${from}`, `${to}`)).toEqual({ from: 1_700_000_000, to: 1_700_000_061 });
  expect(whole(5.2, 5.2)).toEqual({ from: 5, to: 6 });
});

test.each([
  ['', ''],
  ['5', ''],
  ['6', '5'],
  ['5', '5'],
  ['a', '5'],
  ['-5', '5'],
  ['1e3', '5000'],
  ['1', '123456789012'],
])('%j to %j is no part of the past', (from, to) => expect(picked(from, to)).toBeNull());

test('earlier and later are a whole window away, and never after now', () => {
  expect(beside({ from: 1000, to: 1600 }, -1, 5000)).toEqual({ from: 400, to: 1000 });
  expect(beside({ from: 1000, to: 1600 }, 1, 5000)).toEqual({ from: 1600, to: 2200 });
  expect(beside({ from: 1000, to: 1600 }, 1, 1700)).toEqual({ from: 1100, to: 1700 });
});
