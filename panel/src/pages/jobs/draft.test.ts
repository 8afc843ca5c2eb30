import { expect, test } from 'vitest';
import { commandOf, commandText, memberDrafts, members } from './draft';

test('Who has a job comes back as it was', () => {
  const agents = [{ agent_id: 3, path: '/srv', permission: 'ro' as const }];
  const groups = [
    {
      labels: { site: 'Porto', spare: false, floor: 2 },
      tags: { A: 'b' },
      path: '/x',
      permission: 'rw' as const,
    },
  ];
  expect(members(memberDrafts(agents, groups))).toEqual({ agents, groups });
});

test('A program and its arguments are a line each', () => {
  expect(commandOf(commandText(['rsync', '-a b']), true)).toEqual(['rsync', '-a b']);
  expect(commandOf(commandText('cd /\nls\n'), false)).toBe('cd /\nls\n');
});
