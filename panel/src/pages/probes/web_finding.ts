/** What results of HTTP and TLS probes say. */

import { bytes, ms, plural } from '../../text/units';
import type { HttpResult, TlsResult } from '../../wire';
import { day, measured, sentence, type Finding, type Payload, type Tone } from './finding';

export function httpFinding(of: Payload<HttpResult>): Finding {
  const took = measured(of.total_ms);
  const status = statusWords(of);
  const size = of.status_code ? bytes(of.body_size ?? 0) : '';
  const good = `${status} in ${ms(took)}${size && `, ${size}`}.`;
  const certificate = of.certificate_info;
  const days = certificate?.days_until_expiry;
  const soon = days !== undefined && days <= SOON_DAYS;
  const words = of.error ? sentence(of.error) : good;
  return {
    words: soon ? `${words} The certificate ${leftWords(days)}.` : words,
    tone: of.error ? 'bad' : soon ? 'warn' : 'fine',
    facts: [
      ['Status', status],
      ['Whole time', took !== null && ms(took)],
      ['Content', of.content_match && 'what was expected is in it'],
      ['Type', of.content_type],
      ['Body', size && `${size}${of.body_truncated ? ', and more that was not read' : ''}`],
      ['Address', of.remote_addr],
      ['Protocol', [of.protocol, of.tls_version].filter(Boolean).join(', ')],
      ['Cipher', of.tls_cipher_suite],
      [
        'Redirects',
        Boolean(of.redirects) && `${plural(of.redirects ?? 0, 'redirect')} to ${of.final_url}`,
      ],
      ['Certificate', certificate?.subject],
      ['Issued by', certificate?.issuer],
      ['Valid until', days !== undefined && `${day(certificate?.not_after)} (${leftWords(days)})`],
    ],
    grids: [],
  };
}

/** NetWatcher's text has the code, and some have the words only. */
function statusWords({ status_code, status_text }: Payload<HttpResult>): string {
  if (!status_code) return 'no answer';
  const text = status_text ?? '';
  return text.startsWith(String(status_code)) ? text : `${status_code} ${text}`.trim();
}

export interface Step {
  name: string;
  fromMs: number;
  tookMs: number;
}

/** The time of a request in its parts, one after the other. */
export function waterfall(of: Payload<HttpResult>): Step[] {
  const known = [
    ['DNS', of.dns_lookup_ms],
    ['Connect', of.tcp_connect_ms],
    ['TLS', of.tls_handshake_ms],
  ] as const;
  const steps: Step[] = [];
  const before = known.reduce((sum, [, took]) => sum + (took ?? 0), 0);
  const firstByte = of.first_byte_ms ?? 0;
  // Parts are of the last request: what came before it stands in front of them.
  const redirected = (of.redirects ?? 0) > 0;
  let at = 0;
  const add = (name: string, took: number | undefined) => {
    if (!took || took <= 0) return;
    steps.push({ name, fromMs: at, tookMs: took });
    at += took;
  };
  for (const [name, took] of known) add(name, took);
  if (firstByte > 0) {
    add(redirected ? 'Redirects and waiting' : 'Waiting for the first byte', firstByte - before);
    add('Reading the rest', (of.total_ms ?? 0) - Math.max(firstByte, at));
  }
  return steps;
}

const SOON_DAYS = 30;

/** "ends in 6 days", "ended 3 days ago", "ends today". */
export function leftWords(days: number): string {
  if (days < 0) return `ended ${plural(-days, 'day')} ago`;
  return days === 0 ? 'ends today' : `ends in ${plural(days, 'day')}`;
}

export function tlsFinding(of: Payload<TlsResult>): Finding {
  const own = of.certificate;
  const days = own ? (of.days_until_expiry ?? own.days_until_expiry) : undefined;
  const wrong = wrongs(of, days);
  return {
    words: wrong.length
      ? wrong.join(' ')
      : days === undefined
        ? 'No certificate was shown.'
        : `The certificate is good and ${leftWords(days)}.`,
    tone:
      of.error || (days ?? 0) < 0 ? 'bad' : wrong.length || days === undefined ? 'warn' : 'fine',
    facts: [
      ['Certificate of', own?.sans?.length ? own.sans.join(', ') : own?.subject],
      ['Asked for', of.server_name],
      ['Issued by', of.issuer_org || own?.issuer],
      ['Valid from', day(own?.not_before)],
      ['Valid until', day(own?.not_after)],
      ['Kind', of.cert_type],
      ['Protocol', [of.tls_version, of.alpn].filter(Boolean).join(', ')],
      ['Cipher', of.tls_cipher_suite],
      ['Address', of.remote_addr],
      ['Handshake', measured(of.tls_handshake_ms) !== null && ms(of.tls_handshake_ms)],
    ],
    grids: of.certificate_chain?.length
      ? [
          {
            title: 'Chain, the server’s own first',
            columns: [
              ['Certificate'],
              ['Issued by', 'wide'],
              ['From', 'wide'],
              ['Until'],
              ['Left', 'number'],
            ],
            rows: of.certificate_chain.map((one) => [
              one.subject,
              one.issuer,
              day(one.not_before),
              day(one.not_after),
              plural(one.days_until_expiry, 'day'),
            ]),
            tones: of.certificate_chain.map((one) => toneOf(one.days_until_expiry)),
          },
        ]
      : [],
  };
}

function toneOf(days: number): Tone {
  return days < 0 ? 'bad' : days <= SOON_DAYS ? 'warn' : 'fine';
}

/** All that is wrong, each in a sentence. */
function wrongs(of: Payload<TlsResult>, days: number | undefined): string[] {
  const { certificate: own, server_name: asked } = of;
  const found: string[] = [];
  if (days !== undefined && days < 0) found.push(`The certificate ${leftWords(days)}.`);
  else if (days !== undefined && days <= SOON_DAYS)
    found.push(`The certificate ${leftWords(days)}: renew it.`);
  if (own && of.name_matches === false && asked) {
    const names = own.sans?.length ? own.sans.join(', ') : own.subject;
    found.push(`It is of ${names}, and ${asked} was asked for.`);
  }
  if (of.verify_error) found.push(sentence(`It is not trusted: ${of.verify_error}`));
  const said = of.error && of.verify_error && of.error.includes(of.verify_error);
  if (of.error && !said) found.push(sentence(of.error));
  return found;
}
