import { expect, test } from 'vitest';
import type { Matrix, ProbeStatus } from '../../wire';
import { cells, summary } from './matrix';

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

test('what is worst stands first and on the left, and sites without any are left out', () => {
  const { sites, rows } = cells(matrix, '');
  expect(sites.map((site) => site.name)).toEqual(['Porto', 'Oslo']);
  expect(rows.map((row) => row.target.id)).toEqual(['b.example', 'a.example']);
  expect([...(rows[0]?.cells.keys() ?? [])]).toEqual([2]);
  expect(rows[0]?.cells.get(2)).toMatchObject({ status: 'critical', lossPct: 100 });
  expect(rows.map(summary)).toEqual(['1 of 1 not fine', 'fine from 2']);
});

test('what is not known is not said to be ill', () => {
  const of = (...statuses: ProbeStatus['status'][]) =>
    summary(
      cells(
        {
          ...matrix,
          entries: statuses.map((status, n) =>
            entry(n + 1, 'a.example', [kind('PING', status, 0)]),
          ),
        },
        '',
      ).rows[0]!,
    );
  expect(of('unknown', 'healthy')).toBe('1 of 2 not known');
  expect(of('unknown', 'critical')).toBe('1 of 2 not fine');
});

test('targets are found by their name and by who measures them', () => {
  expect(cells(matrix, 'A.EX').rows.map((row) => row.target.id)).toEqual(['a.example']);
  expect(cells(matrix, 'oslo').rows.map((row) => row.target.id)).toEqual(['a.example']);
  expect(cells(matrix, 'oslo b.').rows).toEqual([]);
});

test('500 sites by 540 targets are laid out within a frame or two', () => {
  const many = Array.from({ length: 500 }, (_, n) => n + 1);
  const targets = Array.from({ length: 540 }, (_, n) => `t${n}`);
  const large: Matrix = {
    ...matrix,
    source_agents: many.map((id) => ({ id, name: `site-${id}`, is_online: true })),
    target_labels: targets.map((id) => ({ id, name: id, type: 'destination' })),
    entries: many.flatMap((id) =>
      Array.from({ length: 20 }, (_, n) =>
        entry(id, targets[(id * 7 + n * 13) % 540] ?? '', [kind('PING', 'healthy', 0)]),
      ),
    ),
  };
  cells(large, '');
  const started = performance.now();
  expect(cells(large, '').rows).toHaveLength(540);
  expect(performance.now() - started).toBeLessThan(150);
});
