import { expect, test } from 'vitest';
import type { JobSchedule } from '../../wire';
import { scheduleOf, scheduleWords, timetableDraft } from './timetable';

const KINDS: [JobSchedule, string][] = [
  [{ type: 'minutes', every: 15 }, 'every 15 minutes'],
  [{ type: 'hourly', every: 1, skip_if_running: false }, 'every hour'],
  [{ type: 'daily', every: 2, at: [9_000, 50_400] }, 'every 2 days at 02:30, 14:00'],
  [{ type: 'daily', every: 1, at: [] }, 'daily at 00:00'],
  [{ type: 'weekly', at: [30], days: [1, 5] }, 'on Mon, Fri at 00:00:30'],
  [{ type: 'hourly', every: 3, start: 1_796_000_040, finish: 1_796_086_440 }, 'every 3 hours'],
];

test.each(KINDS)('%o comes back as it was', (schedule, words) => {
  expect(scheduleOf(timetableDraft(schedule))).toEqual(schedule);
  expect(scheduleWords(schedule)).toBe(words);
});

test('Without a schedule somebody begins it', () => {
  expect(scheduleOf(timetableDraft(null))).toBeNull();
});

test('What is no time of the day is named', () => {
  const draft = { ...timetableDraft(null), type: 'daily' as const, at: '02:30, 25:00' };
  expect(() => scheduleOf(draft)).toThrow('25:00 is no time of the day');
});
