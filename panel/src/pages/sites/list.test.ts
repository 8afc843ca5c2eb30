import { expect, test } from 'vitest';
import type { Site } from '../../wire';
import { counts, grouped, labelNames, matching } from './list';

const site = (name: string, status: Site['verdict']['status'], labels = {}): Site => ({
  id: name.length,
  name,
  location: '',
  labels,
  version: '0.1.0',
  connected: true,
  status: 'online',
  last_seen_at: null,
  verdict: { status, reason: '', since: null },
  probes: 1,
  worst: null,
  strip: { states: '', loss_pct: [] },
  loss_pct: null,
  rtt_ms: null,
  bytes_in: null,
  bytes_out: null,
  spool: null,
  clock: null,
  place: null,
});
const all = [
  site('shop 10', 'healthy', { customer: 'Acme' }),
  site('shop 9', 'healthy', { customer: 'Acme', floor: 2 }),
  site('depot', 'critical', { customer: 'Nordwind', nested: { a: 1 } }),
  site('spare', 'unknown'),
];
const names = (sites: Site[]) => sites.map((one) => one.name);

test('what is worst stands first, names as people count', () => {
  expect(names(matching(all, null, ''))).toEqual(['depot', 'spare', 'shop 9', 'shop 10']);
  expect(names(matching(all, 'healthy', 'acme shop'))).toEqual(['shop 9', 'shop 10']);
  expect(names(matching(all, null, '2 shop'))).toEqual(['shop 9']);
  expect(counts(all)).toEqual({ critical: 1, degraded: 0, unknown: 1, healthy: 2 });
});

test('sites stand together by a label, those without it last', () => {
  expect(labelNames(all)).toEqual(['customer', 'floor']);
  expect(grouped(all, 'customer').map(([name, sites]) => [name, names(sites)])).toEqual([
    ['Acme', ['shop 10', 'shop 9']],
    ['Nordwind', ['depot']],
    ['', ['spare']],
  ]);
  expect(grouped(all, '')).toEqual([['', all]]);
});
