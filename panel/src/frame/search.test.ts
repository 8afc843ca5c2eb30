import { expect, test } from 'vitest';
import { best, type Found } from './search';

const of = (kind: Found['kind'], name: string, more = ''): Found => ({
  kind,
  name,
  more,
  to: `/${name}`,
});
const known = [
  of('site', 'Porto', 'Porto, PT'),
  of('site', 'New Port', 'Newport, GB'),
  of('page', 'Paths'),
  of('target', '198.18.1.10'),
];
const names = (typed: string) => best(known, typed).map((one) => one.name);

test('what begins with the words comes before what has them within', () => {
  expect(names('port')).toEqual(['Porto', 'New Port']);
  expect(names('gb new')).toEqual(['New Port']);
  expect(names('18.1')).toEqual(['198.18.1.10']);
  expect(names('nowhere')).toEqual([]);
});

test('nothing typed: all, in the order in which they are known, and never a long list', () => {
  expect(names('')).toEqual(known.map((one) => one.name));
  const many = Array.from({ length: 100 }, (_, i) => of('site', `site ${i}`));
  expect(best(many, 'site')).toHaveLength(12);
});
