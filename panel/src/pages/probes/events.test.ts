import { expect, test } from 'vitest';
import type { RecordedChange } from '../../wire';
import { concerns, eventsOf, marksOf, markTone, markWords, withTime } from './events';

const T = 1_800_000_000;
const WINDOW = { from: T, to: T + 1000 };

function change(kind: RecordedChange['kind'], id: string, sec: number, more = {}): RecordedChange {
  return {
    ...{ id, kind, at: new Date((T + sec) * 1000).toISOString(), agent_id: 1, probe_id: 3 },
    ...{ target: '198.18.0.1', before: '', after: 'critical', text: 'what', about_id: 9 },
    ...more,
  };
}

test('an alert is one event from its begin to its end, a part out of sight is cut off', () => {
  const found = [
    change('alert_ended', '2-5', 300),
    change('alert_began', '1-5', 100),
    change('alert_ended', '2-4', 50),
    change('run_began', '5-7', 900),
    change('route', '0-1', 400),
  ];
  expect(eventsOf(1, found, WINDOW).map(({ from, to, tone }) => [from - T, to - T, tone])).toEqual([
    [0, 50, 'bad'],
    [100, 300, 'bad'],
    [400, 400, 'none'],
    [900, 1000, 'none'],
  ]);
});

test('events of other probes count where they go to the same host', () => {
  const probe = { id: 3, targets: ['https://198.18.0.1:8443/x'] };
  const other = { probe_id: 4 };
  expect(concerns(probe, change('route', '0-1', 0, other))).toBe(true);
  expect(concerns(probe, change('route', '0-1', 0, { ...other, target: '198.18.0.2' }))).toBe(
    false,
  );
  expect(concerns(probe, change('address', '0-1', 0, { probe_id: null }))).toBe(true);
});

test('what would lie on each other is one mark that says how many they are', () => {
  const found = [0, 5, 500].map((sec, i) => change('route', `0-${i}`, sec));
  const alert = change('alert_began', '1-1', 998, { after: 'warning' });
  const marks = marksOf(eventsOf(1, [...found, alert], WINDOW), WINDOW, 0.02);
  expect(marks.map((mark) => [mark.events.length, mark.lane, mark.left])).toEqual([
    [2, 1, 0],
    [1, 1, 0.5],
    [1, 0, 0.98],
  ]);
  expect(marks.map(markTone)).toEqual(['none', 'none', 'warn']);
  expect(markWords(marks[0]!, T * 1000)).toMatch(/ route: what, and 1 event more$/);
});

test('the page of a probe goes on to show the time that is looked at, others have none', () => {
  const time = { last: '', from: '1800000000', to: '1800003600' };
  expect(withTime('/w/1/sites/2/probes/3?at=1800001000', time)).toBe(
    '/w/1/sites/2/probes/3?at=1800001000&from=1800000000&to=1800003600',
  );
  expect(withTime('/w/1/sites/2/probes/3', { last: '7d' })).toBe('/w/1/sites/2/probes/3?last=7d');
  expect(withTime('/w/1/alerts?incident=4', time)).toBe('/w/1/alerts?incident=4');
});
