import { expect, test } from 'vitest';
import { labelsText, labelsTyped, matchWords } from './route_match';

const ANY = {
  labels: {},
  severities: [],
  rule_ids: [],
  agent_ids: [],
  probe_types: [],
  metrics: [],
};

test('labels are typed as they are read', () => {
  const labels = labelsTyped(' env=production,site = a=b , nothing');
  expect(labels).toEqual({ env: 'production', site: 'a=b' });
  expect(labelsTyped(labelsText(labels))).toEqual(labels);
});

test('what narrows a route is said', () => {
  expect(matchWords(ANY)).toBe('all alerts');
  expect(
    matchWords({ ...ANY, severities: ['critical'], labels: { env: 'x' }, agent_ids: [1, 2] }),
  ).toBe('critical; env=x; 2 sites');
});
