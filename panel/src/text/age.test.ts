import { describe, expect, test } from 'vitest';
import { age, duration, fullMoment, instant, moment, standing, standingWords } from './age';

const now = Date.parse('2026-11-21T12:00:00Z');
const s = 1000;
const h = 3600 * s;

test('the year 1 and nonsense mean never', () => {
  expect(instant('0001-01-01T00:00:00Z')).toBeNull();
  expect(instant('')).toBeNull();
  expect(instant(undefined)).toBeNull();
  expect(instant('2026-11-21T12:00:00.123456789Z')).toBe(now + 123);
});

test.each([
  [0, '0 s'],
  [59.9 * s, '59 s'],
  [60 * s, '1 min'],
  [h - 1, '59 min'],
  [h, '1 h'],
  [2 * h + 10 * 60 * s, '2 h 10 min'],
  [24 * h, '1 d'],
  [99 * h, '4 d 3 h'],
])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

describe('age', () => {
  test('never, past, and a clock slightly ahead', () => {
    expect(age(null, now)).toBe('never');
    expect(age(now - 3 * s, now)).toBe('3 s ago');
    expect(age(now + 2 * s, now)).toBe('0 s ago');
  });
  test('a time far in the future is not called fresh in words', () => {
    expect(age(now + 120 * s, now)).toBe('2 min ahead of the controller');
  });
});

test('an agent is silent from 90 s on', () => {
  expect(standing(now - 89.999 * s, now)).toBe('reporting');
  expect(standing(now - 90 * s, now)).toBe('silent');
  expect(standing(null, now)).toBe('never');
  expect(standingWords(null, now)).toBe('never seen');
  expect(standingWords(now - s, now)).toBe('reporting');
  expect(standingWords(now - 91 * s, now)).toMatch(/^silent since \d\d:\d\d$/);
});

test('the date is there when the day is another', () => {
  const noon = new Date(2026, 10, 21, 12, 0, 0).getTime();
  expect(moment(noon, noon + s)).toBe('12:00');
  expect(moment(noon, noon + 24 * h)).toBe('2026-11-21 12:00');
  expect(fullMoment(noon)).toBe('2026-11-21 12:00:00');
});
