import { expect, test } from 'vitest';
import { awaited, color, counted, having, isBad, runSaid, stand } from './job';

const none = {
  ...{ queued: 0, delivered: 0, started: 0, finished: 0 },
  ...{ error: 0, interrupted: 0, lost: 0, canceled: 0 },
};
const figures = {
  ...{ files_total: 0, files_completed: 0, size_total: 0, size_completed: 0 },
  ...{ transferred_down: 0, transferred_up: 0, down_speed: 0, up_speed: 0 },
  ...{ peers_count: 0, peers_count_proxied: 0 },
};
const said = { state: 'finished', status: '', reason: '', held: false } as const;
const row = { ...said, exit_code: 0, figures };

test('a job that never ran says so', () => {
  expect(stand(null)).toBe('never');
  expect(color('never')).toBe('unknown');
  expect(color(stand({ status: 'error', held: 0, counts: none }))).toBe('bad');
  expect(stand({ status: 'error', held: 1, counts: none })).toBe('held');
  expect(stand({ status: 'error', held: 1, counts: { ...none, lost: 1 } })).toBe('error');
  expect(color('held')).toBe('unknown');
  expect(color('finished')).toBe('good');
});

test('agents are counted by state', () => {
  expect(counted({ counts: { ...none, finished: 2, lost: 1 }, held: 0 })).toBe(
    '2 finished, 1 lost',
  );
  expect(counted({ counts: { ...none, started: 2 }, held: 1 })).toBe('2 started, 1 held');
  expect(counted({ counts: none, held: 0 })).toBe('at no agent');
  expect([having(0), having(1), having(3)]).toEqual(['at no agent', 'at 1 agent', 'at 3 agents']);
});

test('an agent says how far it is, and why it failed', () => {
  expect(runSaid(row)).toBe('finished');
  expect(runSaid({ ...row, state: 'error', exit_code: 3 })).toBe('error: exit status 3');
  expect(runSaid({ ...row, state: 'lost', reason: 'was away' })).toBe('lost: was away');
  const half = { ...figures, size_total: 2000, size_completed: 1000 };
  const moving = { ...row, state: 'started', status: 'downloading', figures: half } as const;
  expect(runSaid(moving)).toMatch(/^downloading \(.+ of .+\)$/);
  const fast = { ...half, down_speed: 1_500_000, peers_count: 3 };
  expect(runSaid({ ...moving, figures: fast })).toContain(', 12.0 Mbit/s down, with 3 peers)');
  expect(isBad({ state: 'started', status: 'error', held: false })).toBe(true);
  expect(isBad({ state: 'started', status: 'error', held: true })).toBe(false);
  expect(isBad(row)).toBe(false);
});

test('what was asked of a run is said until the agents have answered', () => {
  expect(awaited({ status: 'working', wish: 'cancel' })).toContain('being cancelled');
  expect(awaited({ status: 'working', wish: 'pause' })).toContain('being paused');
  expect(awaited({ status: 'working', wish: 'run' })).toBe('');
  expect(awaited({ status: 'aborted', wish: 'cancel' })).toBe('');
});
