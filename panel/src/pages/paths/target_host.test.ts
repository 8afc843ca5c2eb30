import { expect, test } from 'vitest';
import { hostOf } from './target_host';

test('The host of a target of any type', () => {
  expect(hostOf('198.18.1.10')).toBe('198.18.1.10');
  expect(hostOf('198.18.1.20:5432')).toBe('198.18.1.20');
  expect(hostOf('https://portal.acme.example:8443/a?b=c')).toBe('portal.acme.example');
  expect(hostOf('2001:db8::1')).toBe('2001:db8::1');
  expect(hostOf('[2001:db8::1]:443')).toBe('2001:db8::1');
});
