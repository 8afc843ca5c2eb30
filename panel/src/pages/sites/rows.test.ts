import { expect, test } from 'vitest';
import type { LineStrip, Probe } from '../../wire';
import { byKind, statusOf } from './rows';

const probe = (id: number, type: string, targets: string[], enabled = true) =>
  ({
    id,
    type,
    enabled,
    targets: targets.map((target) => ({ target, agent_id: null })),
  }) as unknown as Probe;
const line = (probe_id: number, type: string, target: string, status: string) =>
  ({ probe_id, type, target, target_agent: 0, verdict: { status } }) as unknown as LineStrip;

const shown = (probes: Probe[], lines: LineStrip[]) =>
  byKind(probes, lines).map(([kind, rows]) => [
    kind,
    rows.map((row) => `${row.type} ${row.target} ${statusOf(row)}`),
  ]);

test('each target has a row, what is worst first, what is paused last', () => {
  const probes = [
    probe(1, 'PING', ['192.0.2.9', '192.0.2.10']),
    probe(2, 'TCP', ['192.0.2.1:22'], false),
    probe(3, 'SYSINFO', []),
    probe(4, 'HTTP', ['https://example.com']),
  ];
  const lines = [
    line(1, 'PING', '192.0.2.10', 'healthy'),
    line(1, 'PING', '192.0.2.9', 'critical'),
    line(3, 'SYSINFO', '', 'healthy'),
  ];
  expect(shown(probes, lines)).toEqual([
    [
      'reachability',
      ['PING 192.0.2.9 critical', 'PING 192.0.2.10 healthy', 'TCP 192.0.2.1:22 unknown'],
    ],
    ['services', ['HTTP https://example.com unknown']],
    ['host', ['SYSINFO its own host healthy']],
  ]);
});

test('an AGENT probe stands with each of its types', () => {
  const lines = [line(5, 'MTR', '', 'healthy'), line(5, 'PING', '', 'healthy')];
  expect(byKind([probe(5, 'AGENT', [])], lines).map(([kind]) => kind)).toEqual([
    'reachability',
    'path',
  ]);
});
