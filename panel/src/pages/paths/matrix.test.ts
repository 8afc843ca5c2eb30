import { expect, test } from 'vitest';
import type { Matrix, ProbeStatus } from '../../wire';
import { cells } from './matrix';

const kind = (type: string, status: ProbeStatus['status'], packet_loss: number | null) => ({
  type,
  status,
  packet_loss,
  avg_latency: 5,
  jitter: null,
  last_updated: null,
});
const entry = (source_agent_id: number, target_id: string, probe_status: ProbeStatus[]) => ({
  source_agent_id,
  source_agent_name: '',
  target_id,
  target_name: target_id,
  target_type: 'destination' as const,
  probe_status,
});
const matrix: Matrix = {
  workspace_id: 1,
  generated_at: '',
  source_agents: [
    { id: 1, name: 'Oslo', is_online: true },
    { id: 2, name: 'Porto', is_online: true },
    { id: 3, name: 'Idle', is_online: true },
  ],
  target_labels: ['a.example', 'b.example'].map((id) => ({ id, name: id, type: 'destination' })),
  entries: [
    entry(1, 'a.example', [kind('PING', 'healthy', 0)]),
    entry(2, 'a.example', [kind('PING', 'healthy', 0), kind('TCP', 'healthy', 0)]),
    entry(2, 'b.example', [kind('TCP', 'healthy', 0), kind('PING', 'critical', 100)]),
  ],
};

test('what is worst stands first, by its worst probe, and sites without any are left out', () => {
  const { sites, rows } = cells(matrix, '');
  expect(sites.map((site) => site.name)).toEqual(['Oslo', 'Porto']);
  expect(rows.map((row) => row.target.id)).toEqual(['b.example', 'a.example']);
  expect(rows[0]?.cells).toMatchObject([null, { status: 'critical', lossPct: 100 }]);
});

test('targets are found by their name and by who measures them', () => {
  expect(cells(matrix, 'A.EX').rows.map((row) => row.target.id)).toEqual(['a.example']);
  expect(cells(matrix, 'oslo').rows.map((row) => row.target.id)).toEqual(['a.example']);
  expect(cells(matrix, 'oslo b.').rows).toEqual([]);
});
