import { expect, test } from 'vitest';
import { sparkPaths } from './spark';

test('a gap breaks the line, and a value between two gaps is a dot', () => {
  expect(sparkPaths([1, null, 1, null, 1, 1], 50, 12)).toBe('M0 1.9h1M20 1.9h1M40 1.9L50 1.9');
});

test('nothing measured draws nothing, and zeros lie at the bottom', () => {
  expect(sparkPaths([null, null], 50, 12)).toBe('');
  expect(sparkPaths([0, 0], 50, 12)).toBe('M0 11L50 11');
});
