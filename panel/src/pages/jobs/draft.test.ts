import { expect, test } from 'vitest';
import { commandOf, commandText, memberDrafts, members, noticeDraft, noticesOf } from './draft';

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

test('Who is told of runs keeps the webhook that the form does not show', () => {
  const before = {
    on: ['error' as const],
    email: false,
    webhook_url: 'https://a.example/',
    webhook_secret: '',
    apprise_urls: [],
    channel_ids: [],
  };
  const draft = { ...noticeDraft(before), email: true };
  expect(noticesOf(draft, before)).toEqual({ ...before, email: true });
  expect(noticesOf(noticeDraft(before), before)).toEqual(before);
  expect(noticesOf({ ...draft, on: [] }, before)).toBeNull();
  expect(noticesOf(noticeDraft(null), null)).toBeNull();
  expect(noticesOf({ ...noticeDraft(null), channel_ids: [4] }, null)).toEqual({
    on: ['error'],
    email: false,
    channel_ids: [4],
  });
});
