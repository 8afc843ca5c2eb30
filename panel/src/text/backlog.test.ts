import { expect, test } from 'vitest';
import { backlog } from './backlog';

const calm = { backlog: 0, backlog_left_sec: null, backlog_grows: false };

test('nothing is said where nothing is late', () => {
  expect(backlog(null)).toBe('');
  expect(backlog(undefined)).toBe('');
  expect(backlog(calm)).toBe('');
});

test('a backlog is told in words', () => {
  const late = { ...calm, backlog: 9000 };
  expect(backlog(late)).toBe('9,000 results');
  expect(backlog({ ...late, backlog_left_sec: 2045.2 })).toBe('34 min left (9,000 results)');
  expect(backlog({ ...late, backlog_left_sec: 0.2 })).toBe('1 s left (9,000 results)');
  expect(backlog({ ...late, backlog: 1 })).toBe('1 result');
  expect(backlog({ ...late, backlog_grows: true })).toBe(
    'grows: more is measured than the line carries',
  );
});
