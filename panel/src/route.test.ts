import { expect, test } from 'vitest';
import {
  invitationOf,
  isPanel,
  ofHash,
  proofOf,
  resetOf,
  sharedOf,
  toProbe,
  toShared,
  toTraffic,
  workspaceOf,
} from './route';

test('what is empty is not in an address, and what is odd is written so that it comes back', () => {
  expect(toTraffic(1)).toBe('/w/1/traffic');
  expect(toProbe(1, 10, 3, { last: '', from: undefined, to: 5 })).toBe(
    '/w/1/sites/10/probes/3?to=5',
  );
  const odd = new URL(toTraffic(1, '7d', 'staff & co=1'), 'http://panel');
  expect([odd.searchParams.get('last'), odd.searchParams.get('group')]).toEqual([
    '7d',
    'staff & co=1',
  ]);
});

test.each([
  ['#/w/1', '/w/1/sites'],
  ['#/w/1/', '/w/1/sites'],
  ['#/w/1/alerts', '/w/1/alerts'],
  ['#/w/2/traffic', '/w/2/traffic'],
  ['#/w/2/traffic?range=6h&group=staff+%26+co', '/w/2/traffic?last=6h&group=staff+%26+co'],
  ['#/w/1/groups', '/w/1/groups'],
  ['#/w/1/groups/5/', '/w/1/groups/5'],
  ['#/w/1/a/10', '/w/1/sites/10'],
  ['#/w/1/a/10/p/3', '/w/1/sites/10/probes/3'],
  ['#/w/1/a/10/p/3?range=7d', '/w/1/sites/10/probes/3?last=7d'],
])('the address from before %j leads on to %j', (hash, path) => {
  expect(ofHash(hash)).toBe(path);
});

test.each(['', '#', '#/', '#/w/', '#/w/x', '#/w/1/p/3', '#/w/1/a/2/p/3/q', '#/invite/abc', 'w/1'])(
  '%j was no page',
  (hash) => expect(ofHash(hash)).toBeNull(),
);

test('the panel follows its own addresses and leaves REST alone', () => {
  expect(['/', '/index.html', '/w/1/sites', '/w/1'].map(isPanel)).toEqual([true, true, true, true]);
  expect(['/workspaces', '/ws', '/schema', '/w'].map(isPanel)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(['/w/7', '/w/7/', '/w/x', '/w/7/sites'].map(workspaceOf)).toEqual([7, 7, null, null]);
});

test('an invitation is found behind the #, and nowhere else', () => {
  expect(invitationOf('#/invite/a-Token_1')).toBe('a-Token_1');
  expect(resetOf('#/reset/a-Tok.en_1.x')).toBe('a-Tok.en_1.x');
  expect(resetOf('#/invite/a')).toBe('');
  expect(proofOf('#/prove/a-Tok.en_1.x')).toBe('a-Tok.en_1.x');
  expect(proofOf('#/reset/a')).toBe('');
  for (const hash of ['', '#/invite/', '#/invite/a/b', '#/w/1']) {
    expect(invitationOf(hash)).toBe('');
  }
});

test('a share link is known by its address, whatever time it shows', () => {
  expect(toShared('a-b_C', { last: '6h', from: '' })).toBe('/shared/a-b_C?last=6h');
  expect(sharedOf('/shared/a-b_C')).toBe('a-b_C');
  for (const other of ['/shared/', '/shared/a/b', '/w/1/shared/a', '/'])
    expect(sharedOf(other)).toBe('');
});
