import { expect, test } from 'vitest';
import { hoursWords, labelsText, labelsTyped, matchWords, noMatch } from './route_match';

const NAMES = {
  rules: new Map([[7, 'Line down']]),
  sites: new Map([
    [1, 'Lisbon'],
    [2, 'Porto'],
  ]),
};

test('labels are typed as they are read', () => {
  const labels = labelsTyped(' env=production,site = a=b , nothing');
  expect(labels).toEqual({ env: 'production', site: 'a=b' });
  expect(labelsTyped(labelsText(labels))).toEqual(labels);
});

test.each([
  [{}, 'all alerts'],
  [{ severities: ['critical'], labels: { env: 'x' } }, 'critical; env=x'],
  [{ agent_ids: [1, 2], rule_ids: [7] }, 'Line down; Lisbon or Porto'],
  [{ agent_ids: [1, 9] }, 'Lisbon or #9'],
  [{ agent_ids: [1, 2, 3, 4] }, '4 sites'],
  [{ probe_types: ['PING'], metrics: ['packet_loss'] }, 'PING; packet loss'],
] as const)('what narrows a route is said: %j', (some, words) =>
  expect(matchWords({ ...noMatch(), ...(some as object) }, NAMES)).toBe(words),
);

test.each([
  [{ from: '20:00', to: '07:00' }, '20:00 – 07:00 UTC'],
  [
    { from: '08:00', to: '18:00', weekdays: ['mon', 'tue'], timezone: 'Europe/Rome' },
    'mon, tue 08:00 – 18:00 Europe/Rome',
  ],
] as const)('when a route holds is said: %j', (hours, words) =>
  expect(hoursWords({ ...hours, weekdays: [...('weekdays' in hours ? hours.weekdays : [])] })).toBe(
    words,
  ),
);
