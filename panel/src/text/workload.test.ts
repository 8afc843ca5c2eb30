import { expect, test } from 'vitest';
import { rollout, said, share, worst } from './workload';

const counts = (current: number, waiting: number, refused: number, failing = 0) => ({
  counts: { current, waiting, refused, failing },
});

test('one that is refused anywhere is refused', () => {
  expect(worst(counts(5, 1, 1))).toBe('refused');
  expect(worst(counts(5, 1, 1, 1))).toBe('refused');
  expect(worst(counts(5, 2, 0, 1))).toBe('failing');
  expect(worst(counts(5, 1, 0))).toBe('waiting');
  expect(worst(counts(0, 0, 0))).toBe('waiting');
  expect(worst(counts(5, 0, 0))).toBe('current');
});

test('how many agents have it', () => {
  expect(share(counts(1, 1, 1))).toBe('current on 1 of 3 agents');
  expect(share(counts(1, 0, 0))).toBe('current on 1 of 1 agent');
  expect(share(counts(0, 0, 0))).toBe('for no agent');
});

test('a roll-out is told while it is news', () => {
  const progress = { state: 'running', wave: 1, waves: 3, reason: 'agent 7: pulling' } as const;
  expect(rollout({ progress })).toBe('rolled out, wave 1 of 3: agent 7: pulling');
  expect(rollout({ progress: { ...progress, state: 'returned', reason: '' } })).toBe(
    'went back to the former manifest',
  );
  expect(rollout({ progress: { ...progress, state: 'done' } })).toBe('');
  expect(rollout({ progress: null })).toBe('');
});

test('one that failed does not wait', () => {
  const row = { state: 'waiting', failing: false, reason: 'pulling' };
  expect(said(row)).toBe('waiting: pulling');
  expect(said({ ...row, failing: true, reason: 'failed: no such image' })).toBe(
    'failed: no such image',
  );
  expect(said({ ...row, state: 'current', reason: '' })).toBe('current');
});
