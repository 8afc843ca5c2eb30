import { expect, test } from 'vitest';
import { isItUs, type Trace } from './common_hop';
import { mtr } from './fixtures';
import { hopsOf } from './hops';

const IDS = ['Porto', 'Turin', 'Oslo', 'Leeds', 'Lisbon'];

function trace(site: string, hosts: string[], loss: number[] = []): Trace {
  return { agent: IDS.indexOf(site), site, hops: hopsOf(mtr(hosts, loss)), reached: true };
}

const sites = (...names: string[]) => names.map((site) => ({ agent: IDS.indexOf(site), site }));

test('Nobody suffers: nothing to ask', () => {
  expect(isItUs([], [trace('Porto', ['a', 't'])])).toBeNull();
});

test('The first hop that all who suffer go through, and nobody who is fine', () => {
  const found = isItUs(sites('Porto', 'Turin'), [
    trace('Porto', ['p', 'x', 'y', 't']),
    trace('Turin', ['q', 'r', 'x', 'y', 't']),
    trace('Oslo', ['o', 'z', 't']),
  ]);
  expect(found).toMatchObject({ kind: 'shared', hop: { ttl: 2 } });
  expect(found?.words).toBe(
    'Not one site alone: both that suffer go through x.example (x), the first hop that they have in common. Nobody who is fine does: it is there or close behind it.',
  );
});

test('Who is fine goes through it too', () => {
  const found = isItUs(sites('Porto', 'Turin'), [
    trace('Porto', ['p', 'x', 't']),
    trace('Turin', ['q', 'x', 't']),
    trace('Oslo', ['o', 'x', 't']),
    trace('Leeds', ['l', 't']),
  ]);
  expect(found?.words).toContain('So do 1 of 2 sites that are fine: rather the target');
});

test('Only the target is common, or nothing is', () => {
  const target = [trace('Porto', ['p', 't']), trace('Turin', ['q', 't'])];
  expect(isItUs(sites('Porto', 'Turin'), target)?.kind).toBe('target');
  const cut = [
    { ...trace('Porto', ['p', '']), reached: false },
    { ...trace('Turin', ['q', '']), reached: false },
  ];
  expect(isItUs(sites('Porto', 'Turin'), cut)).toMatchObject({
    kind: 'separate',
    words: 'Both that suffer have no hop in common: each has a trouble of its own.',
  });
});

test('One alone: where its loss begins', () => {
  const lossy = trace('Turin', ['g', 'b', 'c', 't'], [0, 0, 30, 20]);
  expect(isItUs(sites('Turin'), [lossy, trace('Oslo', ['o', 't'])])?.words).toBe(
    'Only Turin suffers. Its packets come well as far as hop 2, b.example (b); loss begins behind it, at hop 3, c.example (c).',
  );
  const own = trace('Turin', ['g', 't'], [50, 50]);
  expect(isItUs(sites('Turin'), [own])?.words).toBe(
    'Only Turin suffers, and loss begins at its own first hop, g.example (g).',
  );
});

test('Sites of which no way is known are named', () => {
  expect(isItUs(sites('Lisbon'), [])?.words).toBe(
    'Nobody can tell: of Lisbon no way to it is known. An MTR probe would show it.',
  );
  const some = isItUs(sites('Lisbon', 'Porto', 'Turin'), [
    trace('Porto', ['p', 't']),
    trace('Turin', ['q', 't']),
  ]);
  expect(some?.words).toContain('Of Lisbon no way is known.');
});

test('Two sites of one name are two', () => {
  const twin = { ...trace('Porto', ['w', 'z', 't']), agent: 99 };
  const found = isItUs(sites('Porto'), [trace('Porto', ['p', 't'], [50, 50]), twin]);
  expect(found?.words).toBe(
    'Only Porto suffers, and loss begins at its own first hop, p.example (p).',
  );
  const both = isItUs(
    [...sites('Porto'), { agent: 99, site: 'Porto' }],
    [trace('Porto', ['p', 'z', 't']), twin],
  );
  expect(both?.words).toContain('both that suffer go through z.example');
});
