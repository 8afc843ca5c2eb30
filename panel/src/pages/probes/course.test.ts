import { expect, test } from 'vitest';
import type { ResultRow } from '../../wire';
import { courses, hasCourse } from './course';

const AT = Date.parse('2026-11-30T12:00:00Z');

function rows(...payloads: unknown[]): ResultRow[] {
  return payloads.map(
    (payload, at) =>
      ({ created_at: new Date(AT + 60_000 * at).toISOString(), payload }) as ResultRow,
  );
}

test('Figures of a host in order of time, whatever order they come in', () => {
  const [host] = courses(
    'SYSINFO',
    rows({ cpu: { idle: 90 } }, { cpu: { idle: 60 } }).toReversed(),
  );
  expect(host?.lines).toEqual([
    {
      name: 'Processors busy',
      points: [
        { time: AT / 1000, value: 10 },
        { time: AT / 1000 + 60, value: 40 },
      ],
    },
  ]);
});

test('A result without the figure is a gap, and a chart without any is none', () => {
  const test_data = [{ dl_speed: 5 }];
  const [speed] = courses('SPEEDTEST', rows({ test_data }, { error: 'no server' }));
  expect(speed?.lines.map((one) => [one.name, one.points.length])).toEqual([['Download', 1]]);
  expect(courses('TLS', rows({ error: 'connect: refused', days_until_expiry: 0 }))).toEqual([]);
  expect(courses('TRAFFICSIM', rows({ receivedPackets: 0, jitterAvg: 0 }, null))).toEqual([]);
});

test('Types that have a course', () => {
  expect(['SYSINFO', 'TLS', 'SPEEDTEST', 'TRAFFICSIM'].every(hasCourse)).toBe(true);
  expect(hasCourse('PING')).toBe(false);
});
