import { expect, test } from 'vitest';
import { httpFinding, leftWords, tlsFinding, waterfall } from './web_finding';

const PARTS = { dns_lookup_ms: 10, tcp_connect_ms: 20, tls_handshake_ms: 30 };
const WHOLE = { ...PARTS, first_byte_ms: 100, total_ms: 150 };

test('A waterfall has its parts one after the other, and they are the whole', () => {
  expect(waterfall(WHOLE)).toEqual([
    { name: 'DNS', fromMs: 0, tookMs: 10 },
    { name: 'Connect', fromMs: 10, tookMs: 20 },
    { name: 'TLS', fromMs: 30, tookMs: 30 },
    { name: 'Waiting for the first byte', fromMs: 60, tookMs: 40 },
    { name: 'Reading the rest', fromMs: 100, tookMs: 50 },
  ]);
});

test('What was not reached has no part, and nothing is ever less than nothing', () => {
  const connected = { dns_lookup_ms: 10, tcp_connect_ms: 20, total_ms: 5_000 };
  expect(waterfall(connected).map((one) => one.name)).toEqual(['DNS', 'Connect']);
  const odd = waterfall({ ...PARTS, first_byte_ms: 50, total_ms: 55 });
  expect(odd.every((one) => one.tookMs > 0)).toBe(true);
  expect(waterfall({ ...WHOLE, redirects: 2 })[3]?.name).toBe('Redirects and waiting');
});

test('HTTP in words', () => {
  const good = { ...WHOLE, status_code: 200, status_text: '200 OK', body_size: 2048 };
  expect(httpFinding(good)).toMatchObject({ words: '200 OK in 150 ms, 2.0 KiB.', tone: 'fine' });
  const named = httpFinding({ ...good, status_text: 'OK' });
  expect(named.facts[0]).toEqual(['Status', '200 OK']);
  const failed = httpFinding({ error: 'connect: refused' });
  expect(failed).toMatchObject({ words: 'Connect: refused.', tone: 'bad' });
  const ending = httpFinding({ ...good, certificate_info: { days_until_expiry: 6 } });
  expect(ending).toMatchObject({
    words: '200 OK in 150 ms, 2.0 KiB. The certificate ends in 6 days.',
    tone: 'warn',
  });
});

test('The first end of a chain, a key, and what is wanted of a client', () => {
  const own = { days_until_expiry: 71, key: 'RSA', key_bits: 2048, signature: 'sha256_rsa' };
  const chain = { earliest_days_until_expiry: 9, earliest_not_after: '2026-12-09T00:00:00Z' };
  const http = httpFinding({
    ...{ ...WHOLE, ...chain, status_code: 200, status_text: '200 OK', certificate_info: own },
    ...{ json_found: '"ready"', content_encoding: 'br', transfer_size: 512 },
    client_certificate: 'asked',
  });
  expect(http.words).toContain('The certificate ends in 9 days.');
  const facts = Object.fromEntries(http.facts);
  expect(facts['First of the chain ends']).toContain('(ends in 9 days)');
  expect(facts['Key']).toBe('RSA 2048, sha256_rsa');
  expect(facts['Value found']).toBe('"ready"');
  expect(facts['Content coding']).toBe('br, 512 B');
  expect(facts['Client certificate']).toBe('asked for');
  const tls = tlsFinding({
    ...{ certificate: own, days_until_expiry: 71, earliest_days_until_expiry: 71 },
    client_certificate: 'required',
  });
  const ending = tlsFinding({
    ...{ certificate: own, days_until_expiry: 71, name_matches: true },
    earliest_days_until_expiry: 9,
  });
  expect(ending).toMatchObject({
    words: 'Another certificate of the chain ends in 9 days.',
    tone: 'warn',
  });
  const known = Object.fromEntries(tls.facts);
  expect(known['First of the chain ends']).toBe(false);
  expect(known['Client certificate']).toBe('required');
});

test('What is wrong with a certificate is said, all of it', () => {
  const own = { subject: 'CN=a.example', sans: ['a.example'], days_until_expiry: 71 };
  const good = { certificate: own, days_until_expiry: 71, name_matches: true, server_name: 'a' };
  expect(tlsFinding(good)).toMatchObject({
    words: 'The certificate is good and ends in 71 days.',
    tone: 'fine',
  });
  expect(tlsFinding({ ...good, days_until_expiry: 6 })).toMatchObject({
    words: 'The certificate ends in 6 days: renew it.',
    tone: 'warn',
  });
  const bad = tlsFinding({
    ...good,
    ...{ days_until_expiry: -3, name_matches: false, server_name: 'b.example' },
    ...{ verify_error: 'self-signed', error: 'certificate: self-signed' },
  });
  expect(bad).toMatchObject({
    words:
      'The certificate ended 3 days ago. It is of a.example, and b.example was asked for. It is not trusted: self-signed.',
    tone: 'bad',
  });
  expect(tlsFinding({ error: 'connect: refused' })).toMatchObject({
    words: 'Connect: refused.',
    tone: 'bad',
  });
});

test('Days that are left', () => {
  expect([-1, 0, 1, 30].map(leftWords)).toEqual([
    'ended 1 day ago',
    'ends today',
    'ends in 1 day',
    'ends in 30 days',
  ]);
});
