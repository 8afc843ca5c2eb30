import { expect, test } from 'vitest';
import type { DataSource } from '../../wire';
import { sourceWords } from './kept';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const source: DataSource = {
  setting: 'lookups.geoip_city',
  state: 'loaded',
  type: 'City',
  built_at: '2026-10-01T00:00:00Z',
  entries: null,
  reason: '',
};

test('what is loaded says of when it is, and warns when it is old', () => {
  expect(sourceWords(source, NOW)).toEqual({ words: 'of 2026-10-01', warn: false });
  expect(sourceWords({ ...source, built_at: '2025-11-30T00:00:00Z' }, NOW)).toEqual({
    words: 'of 2025-11-30, 365 days old',
    warn: true,
  });
  const vendors = { ...source, built_at: null, entries: 58_000 };
  expect(sourceWords(vendors, NOW)).toEqual({ words: '58,000 blocks', warn: false });
});

test('what is not there, and why', () => {
  expect(sourceWords({ ...source, state: 'missing' }, NOW).words).toBe('not set');
  const failed = { ...source, state: 'failed' as const, reason: 'No such file' };
  expect(sourceWords(failed, NOW)).toEqual({ words: 'No such file', warn: true });
});
