import { expect, test } from 'vitest';
import { pathOf, topOf } from './figure_lines';

const VIEW = { from: 0, to: 100, top: 10, gapSec: 25 };

test('A line is broken where nothing came', () => {
  const points = [10, 20, 60, 70].map((time) => ({ time, value: 5 }));
  expect(pathOf(points, VIEW)).toBe('M100 60h2L200 60M600 60h2L700 60');
});

test('What is outside the window is not drawn', () => {
  expect(pathOf([{ time: 120, value: 1 }], VIEW)).toBe('');
});

test('The axis ends at a round figure', () => {
  const top = (value: number) => topOf([{ name: '', points: [{ time: 0, value }] }]);
  expect([0, 0.3, 31, 71, 100].map(top)).toEqual([1, 0.5, 50, 100, 100]);
});
