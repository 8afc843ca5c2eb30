import { expect, test } from 'vitest';
import { bytes, figure, interval, ms, percent, rate } from './units';
import { count } from '../words/numbers';

test.each([
  [0, '0.000 ms'],
  [0.0486, '0.049 ms'],
  [0.99949, '0.999 ms'],
  [0.9996, '1.00 ms'],
  [2.0724, '2.07 ms'],
  [9.996, '10.0 ms'],
  [15.32, '15.3 ms'],
  [99.96, '100 ms'],
  [1234.5, '1235 ms'],
])('%d ms has sensible digits: %s', (value, text) => expect(ms(value)).toBe(text));

test('an RTT that is not known is no zero', () => {
  expect(ms(null)).toBe('–');
  expect(ms(undefined)).toBe('–');
});

test.each([
  [0, '0 %'],
  [0.01, '< 0.1 %'],
  [0.05, '0.1 %'],
  [3.3333, '3.3 %'],
  [5, '5 %'],
  [33.4, '33 %'],
  [99.6, '99.6 %'],
  [99.95, '> 99.9 %'],
  [100, '100 %'],
])('loss %d reads %s', (value, text) => expect(percent(value)).toBe(text));

test('only nothing is 0 % and only everything is 100 %', () => {
  for (let loss = 0.001; loss < 100; loss += 0.037) {
    expect(['0 %', '100 %']).not.toContain(percent(loss));
  }
});

test('bytes, intervals, counts', () => {
  expect(bytes(512)).toBe('512 B');
  expect(bytes(8_325_000_000)).toBe('7.8 GiB');
  expect(bytes(128 * 1024 ** 3)).toBe('128 GiB');
  expect(bytes(null)).toBe('–');
  expect(interval(5)).toBe('5 s');
  expect(interval(90)).toBe('90 s');
  expect(interval(300)).toBe('5 min');
  expect(interval(86_400)).toBe('24 h');
  expect(count(1_000_000)).toBe('1,000,000');
});

test('rates are in bits, by thousands', () => {
  expect(rate(0)).toBe('0 bit/s');
  expect(rate(124.9)).toBe('999 bit/s');
  expect(rate(125)).toBe('1.0 kbit/s');
  expect(rate(12_500_000)).toBe('100 Mbit/s');
  expect(rate(1e15)).toBe('8000 Tbit/s');
});

test.each([
  [0.06240299990167841, 0.0624],
  [-0.000012345, -0.0000123],
  [35.67705999856113, 35.677],
  [0, 0],
  [1796009652123, 1796009652123],
])('a number %d of a payload is shown as %d', (value, shown) =>
  expect(figure(value)).toBe(`${shown}`),
);
