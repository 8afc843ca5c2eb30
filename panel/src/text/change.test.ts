import { expect, test } from 'vitest';
import type { RecordedChange } from '../wire';
import { changePlace } from './change';

const route: RecordedChange = {
  id: '0-1',
  kind: 'route',
  at: '2027-01-15T08:00:00.5Z',
  agent_id: 10,
  probe_id: 3,
  target: 'a',
  before: '',
  after: '',
  text: '',
  about_id: null,
};

test.each<[Partial<RecordedChange>, string | null]>([
  [{}, '/w/1/sites/10/probes/3?at=1800000000'],
  [{ kind: 'certificate' }, '/w/1/sites/10/probes/3'],
  [{ kind: 'address', probe_id: null }, '/w/1/sites/10'],
  [{ kind: 'controller', agent_id: null, probe_id: null }, null],
  [{ kind: 'alert_began', about_id: 4 }, '/w/1/alerts?incident=4'],
  [{ kind: 'alert_ended' }, '/w/1/alerts?tab=alerts&status=all'],
  [{ kind: 'run_began', agent_id: null, about_id: 7 }, '/w/1/jobs?job=7'],
  [
    { kind: 'rollout_ended', agent_id: null, text: 'roll-out of a: b: done', after: 'done' },
    '/w/1/workloads?find=a%3A+b',
  ],
])('%j leads to %s', (change, place) => {
  expect(changePlace(1, { ...route, ...change })).toBe(place);
});
