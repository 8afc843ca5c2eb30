import { expect, test } from 'vitest';
import type { Probe } from '../../wire';
import { probeItem, probeYaml } from './probe_item';

const probe = {
  id: 3,
  workspace_id: 1,
  agent_id: 10,
  type: 'HTTP',
  enabled: true,
  interval_sec: 60,
  timeout_sec: 10,
  count: 0,
  duration_sec: 0,
  server: false,
  bind_interface: '',
  bidirectional: false,
  external_id: 'shop',
  labels: { site: 'on' },
  metadata: { headers: { 'X-Token': '***' }, expected_status: [200, 301] },
  targets: [
    { target: 'https://198.18.0.1/', agent_id: null },
    { target: '', agent_id: 11 },
  ],
} as unknown as Probe;
const agents = [
  { id: 10, external_id: '' },
  { id: 11, external_id: 'hub' },
];

test('what is as usual is left out, agents are named as the document names them', () => {
  expect(probeItem(probe, agents)).toEqual({
    id: 'shop',
    type: 'HTTP',
    interval_sec: 60,
    timeout_sec: 10,
    targets: ['https://198.18.0.1/'],
    agent_targets: ['hub'],
    labels: { site: 'on' },
    metadata: { headers: { 'X-Token': '***' }, expected_status: [200, 301] },
  });
});

test('it is YAML in which no word is read as something else', () => {
  expect(probeYaml({ ...probe, external_id: '' }, agents)).toBe(`\
# Below "probes:" of agent agent-10, for forepost apply. *** is "as it is".
# It has no id of its author yet: forepost export --adopt gives it this one.
- id: probe-3
  type: HTTP
  interval_sec: 60
  timeout_sec: 10
  targets:
    - "https://198.18.0.1/"
  agent_targets:
    - hub
  labels:
    site: "on"
  metadata:
    headers:
      X-Token: "***"
    expected_status:
      - 200
      - 301
`);
});
