import { expect, test } from 'vitest';
import { configText, portsOf, portsText, volumesOf, volumesText } from './draft';

test('Ports come back as they were', () => {
  expect(portsOf(' 8080:80\n\n53:53/udp\n443 ')).toEqual([
    { external: 8080, internal: 80 },
    { external: 53, internal: 53, protocol: 'udp' },
    { external: 443, internal: 443 },
  ]);
  expect(portsText(portsOf('8080:80/tcp\n53:53/udp'))).toBe('8080:80\n53:53/udp');
});

test('Volumes come back as they were', () => {
  const typed = 'data:/var/lib/data\n/srv/in:/in:ro';
  expect(volumesOf(typed)).toEqual([
    { source: 'data', target: '/var/lib/data' },
    { source: '/srv/in', target: '/in', type: 'bind', read_only: true },
  ]);
  expect(volumesText(volumesOf(typed))).toBe(typed);
});

test('A line that is none is named', () => {
  expect(() => portsOf('80:x')).toThrow('80:x is no port');
  expect(() => volumesOf('data')).toThrow('data is no volume');
});

test('A configuration is text', () => {
  expect([configText(null), configText('{"a":1}'), configText({ a: 1 })]).toEqual([
    '',
    '{"a":1}',
    '{\n  "a": 1\n}',
  ]);
});
