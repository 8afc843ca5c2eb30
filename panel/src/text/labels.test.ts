import { expect, test } from 'vitest';
import { labelsOf, labelsText } from './labels';

test('Labels are read as they are written', () => {
  expect(labelsOf(' site: New York , url: http://x , n: 7, old: 007')).toEqual({
    site: 'New York',
    url: 'http://x',
    n: 7,
    old: '007',
  });
  expect(labelsText(labelsOf('a: true, b: x'))).toBe('a: true, b: x');
  expect(labelsOf(' , ')).toEqual({});
});
