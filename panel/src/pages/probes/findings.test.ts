import { expect, test } from 'vitest';
import { finding } from './findings';

function said(type: string, payload: unknown) {
  return finding({ type, payload });
}

test('DNS, with its answers and its code', () => {
  const answers = [{ name: 'a.example', type: 'A', value: '198.18.1.10', ttl: 300 }];
  const good = said('DNS', { response_code: 'NOERROR', query_time_ms: 20.8, answers });
  expect(good).toMatchObject({ words: 'NOERROR: 1 answer in 20.8 ms.', tone: 'fine' });
  expect(good?.grids[0]?.rows).toEqual([['a.example', 'A', '198.18.1.10', '300 s']]);
  const none = said('DNS', { response_code: 'NXDOMAIN', query_time_ms: 3 });
  expect(none).toMatchObject({ words: 'NXDOMAIN: 0 answers in 3.00 ms.', tone: 'warn' });
  expect(said('DNS', { error: 'query: no answer' })?.tone).toBe('bad');
});

test('TCP, attempt by attempt', () => {
  const some = { attempts: 3, connected: 2, timed_out: 1, avg_ms: 38, connects_ms: [37, null, 39] };
  expect(said('TCP', some)).toMatchObject({
    words: '2 of 3 attempts connected, 38.0 ms on average; 1 without an answer.',
    tone: 'warn',
    grids: [{ tones: ['fine', 'bad', 'fine'] }],
  });
  expect(said('TCP', { attempts: 0, error: 'unknown host' })).toMatchObject({
    words: '0 of 0 attempts connected. Unknown host.',
    tone: 'bad',
  });
});

test('TCP, with what comes after the connect', () => {
  const all = { attempts: 2, connected: 1, unexpected: 1, avg_ms: 38, connects_ms: [38, null] };
  expect(said('TCP', { ...all, tls_ms: [20, null], answers_ms: [4, null] })).toMatchObject({
    words: '1 of 2 attempts connected, 38.0 ms on average; 1 other than expected.',
    grids: [
      {
        columns: [['Attempt'], ['Connecting', 'number'], ['TLS', 'number'], ['Answer', 'number']],
        rows: [
          ['1', '38.0 ms', '20.0 ms', '4.00 ms'],
          ['2', 'failed', '', ''],
        ],
      },
    ],
  });
});

test('UDP, datagram by datagram', () => {
  expect(said('UDP', { attempts: 1, answered: 1, avg_ms: 3, answers_ms: [3] })).toMatchObject({
    words: '1 of 1 attempt answered, 3.00 ms on average.',
    tone: 'fine',
  });
});

test('services, by who answers and how fast', () => {
  expect(said('SSH', { answer_ms: 12, software: 'OpenSSH_9.2', comments: 'Debian' })).toMatchObject(
    {
      words: 'Answered in 12.0 ms: OpenSSH_9.2.',
      tone: 'fine',
    },
  );
  expect(said('MQTT', { error: 'connack: no answer in 2 s', return_code: null })).toMatchObject({
    words: 'Connack: no answer in 2 s.',
    tone: 'bad',
  });
});

test('NTP, ahead or behind', () => {
  expect(said('NTP', { offset_ms: -12.5, rtt_ms: 3, stratum: 2 })?.words).toBe(
    'Its clock is 12.5 ms behind.',
  );
  expect(said('NTP', { error: 'answer: stratum 8; the most is 3', offset_ms: 1 })?.tone).toBe(
    'bad',
  );
});

test('SNMP, by names where there are some', () => {
  const results = [
    { oid: '1.3.6.1.2.1.1.3.0', name: 'sysUpTime', type: 'timeticks', value: 30_000_000 },
    { oid: '1.3.9', name: '', type: 'noSuchObject', value: null },
  ];
  expect(said('SNMP', { results, query_time_ms: 5 })?.grids[0]?.rows).toEqual([
    ['sysUpTime', '3 d 11 h', 'timeticks'],
    ['1.3.9', 'noSuchObject', 'noSuchObject'],
  ]);
});

test('SNMP, with what counters grow by, and what is not as expected', () => {
  const results = [
    { oid: '1.3.1', name: 'ifInOctets.1', type: 'counter32', value: 7, per_sec: 1500 },
    { oid: '1.3.2', name: 'sysName', type: 'string', value: 'lab' },
  ];
  const found = said('SNMP', { results, error: 'value: sysName is lab', as_expected: false });
  expect(found?.tone).toBe('bad');
  expect(found?.grids[0]?.rows).toEqual([
    ['ifInOctets.1', '7', '1500', 'counter32'],
    ['sysName', 'lab', '', 'string'],
  ]);
});

test('DNS, server by server, and without EDNS', () => {
  const found = said('DNS', {
    response_code: 'REFUSED',
    as_expected: true,
    edns_refused: 'FORMERR',
    servers: [
      { dns_server: '198.18.0.1:53', response_code: 'NOERROR', query_time_ms: 3, values: ['a'] },
      { dns_server: '198.18.0.2:53', error: 'query: no answer in 2 s' },
    ],
  });
  expect(found?.tone).toBe('fine');
  expect(found?.facts).toContainEqual(['EDNS', 'asked again without, after FORMERR']);
  expect(found?.grids[0]).toMatchObject({
    rows: [
      ['198.18.0.1:53', 'NOERROR', '3.00 ms', 'a'],
      ['198.18.0.2:53', 'ERROR', '', 'query: no answer in 2 s'],
    ],
    tones: ['fine', 'bad'],
  });
});

test('SYSINFO and NETINFO, also where parts are missing', () => {
  const host = {
    cpu: { idle: 88 },
    memoryInfo: { total_bytes: 100, available_bytes: 55 },
    disks: [{ mount: '/', used_bytes: 95, total_bytes: 100, used_pct: 95 }],
  };
  expect(said('SYSINFO', host)).toMatchObject({
    words: 'Processors 12 % busy, memory 45 % used, / 95 % full.',
    tone: 'warn',
  });
  expect(said('SYSINFO', {})?.words).toBe('No figure came.');
  const net = { local_address: '192.0.2.7', public_address: '198.18.0.1' };
  expect(said('NETINFO', net)?.words).toBe('192.0.2.7, seen as 198.18.0.1.');
});

test('SPEEDTEST, both ways', () => {
  const leg = { bytes_per_sec: 12_500_000, median_bytes_per_sec: 12_500_000, streams: 4 };
  const test_data = [{ dl_speed: 12_500_000, ul_speed: 2_500_000, latency: 18e6, download: leg }];
  expect(said('SPEEDTEST', { test_data })).toMatchObject({
    words: 'Down 100 Mbit/s, up 20.0 Mbit/s, 18.0 ms to the other side while idle.',
    grids: [{ rows: [['Download', '100 Mbit/s', '100 Mbit/s', '–', '–', '4']] }],
  });
  expect(said('SPEEDTEST', { error: 'no server' })).toMatchObject({
    words: 'No server.',
    tone: 'bad',
  });
});

test('TRAFFICSIM, how a call would sound and each way', () => {
  const call = {
    ...{ totalPackets: 100, receivedPackets: 98, lossPercentage: 2, averageRTT: 40 },
    ...{ jitterAvg: 2, MOS: 4.31, mosQuality: 'good', lostForward: 2, lostBackward: 0 },
  };
  expect(said('TRAFFICSIM', call)).toMatchObject({
    words: 'MOS 4.31 of 5 (good). 2 % of 100 packets lost, 40.0 ms there and back, jitter 2.00 ms.',
    tone: 'warn',
    grids: [{ rows: [['Lost', '2 packets', '0 packets']] }],
  });
  expect(said('TRAFFICSIM', { error: 'no answer' })?.tone).toBe('bad');
});

test('Nothing is said of a payload that is none', () => {
  expect(said('HTTP', null)).toBeNull();
  expect(said('PING', {})).toBeNull();
});
