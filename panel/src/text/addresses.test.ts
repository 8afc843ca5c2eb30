import { expect, test } from 'vitest';
import { addressesIn, matching } from './addresses';

test.each([
  ['', []],
  [' \n\t', []],
  ['192.0.2.1', ['192.0.2.1']],
  ['192.0.2.1\r\n192.0.2.0/24\n', ['192.0.2.1', '192.0.2.0/24']],
  ['192.0.2.1, 2001:db8::1;02-00-00-00-00-01', ['192.0.2.1', '2001:db8::1', '02-00-00-00-00-01']],
  [',,192.0.2.1,', ['192.0.2.1']],
  ['not.an address', ['not.an', 'address']],
])('%j is %j', (text, addresses) => expect(addressesIn(text)).toEqual(addresses));

test('a filter finds parts of addresses, in any case, and nothing asked for is everything', () => {
  const all = ['192.0.2.1', '198.51.100.7', '2001:db8::a'];
  expect(matching(all, '')).toEqual(all);
  expect(matching(all, '0.2')).toEqual(['192.0.2.1']);
  expect(matching(all, 'DB8::A')).toEqual(['2001:db8::a']);
  expect(matching(all, '19 .1')).toEqual(['192.0.2.1', '198.51.100.7']);
  expect(matching(all, '203')).toEqual([]);
});
