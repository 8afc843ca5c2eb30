import { expect, test } from 'vitest';
import { rollout, share, worst } from './workload';

const counts = (current: number, waiting: number, refused: number) => ({
  counts: { current, waiting, refused },
});

test('one that is refused anywhere is refused', () => {
  expect(worst(counts(5, 1, 1))).toBe('refused');
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
