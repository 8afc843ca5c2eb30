import { expect, test } from 'vitest';
import { headline, worst } from './headline';
import type { Status } from './status';

const site = (name: string, status: Status, reason = '', since: string | null = null) => ({
  name,
  verdict: { status, reason, since },
});
const at = (since: string) => since.slice(11, 16);

test('what is down is told with its reason and since when, the rest by name', () => {
  const sites = [
    site('Lisbon', 'critical', 'not heard of', '2026-11-30T09:07:00Z'),
    site('Leeds', 'degraded', 'x'),
    site('Turin', 'degraded', 'y'),
    site('Oslo', 'healthy'),
  ];
  expect(headline(sites, at)).toBe(
    'Lisbon: not heard of since 09:07. Degraded: Leeds and Turin. Everything else is fine.',
  );
  expect(worst(sites)).toBe('critical');
});

test('many are counted, and what is fine alone is fine', () => {
  const many = Array.from({ length: 9 }, (_, i) => site(`s${i}`, 'degraded'));
  expect(headline(many, at)).toBe('Degraded: s0, s1, s2 and 6 more.');
  expect(headline([site('a', 'healthy')], at)).toBe('Everything is fine.');
  expect(headline([], at)).toBe('There is no site yet.');
});
