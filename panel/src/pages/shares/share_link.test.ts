import { expect, test } from 'vitest';
import { newLink, openings, shows } from './share_link';

const wish = { days: 7, password: '', probe: 3, snapshot: null };

test('a link of a probe goes on, a snapshot ends with its part of time', () => {
  expect(newLink(wish)).toEqual({ expires_in_seconds: 604_800, probe_id: 3 });
  const snapshot = { from: 1_800_000_000, to: 1_800_003_600 };
  expect(newLink({ ...wish, password: 'x', snapshot })).toEqual({
    expires_in_seconds: 604_800,
    probe_id: 3,
    password: 'x',
    shown_from: '2027-01-15T08:00:00.000Z',
    shown_to: '2027-01-15T09:00:00.000Z',
  });
});

test('the list says what a link shows and whether anybody looked', () => {
  expect(shows({ shown_from: null, shown_to: null }, 0)).toBe('as it goes on');
  const now = Date.parse('2027-01-15T12:00:00Z');
  const hour = { shown_from: '2027-01-15T08:00:00Z', shown_to: '2027-01-15T09:00:00Z' };
  expect(shows(hour, now)).toMatch(/^[\d: -]+ – [\d: -]+$/);
  expect(openings({ access_count: 0 })).toBe('never opened');
  expect(openings({ access_count: 2 })).toBe('opened 2 times');
});
