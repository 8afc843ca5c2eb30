/** What results of HTTP and TLS probes say. */

import { bytes, ms } from '../../text/units';
import type { CertificateInfo, HttpResult, TlsResult } from '../../wire';
import { day, measured, sentence, type Finding, type Payload, type Tone } from './finding';
import { say as general } from '../../words/en/general';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/findings';

export function httpFinding(of: Payload<HttpResult>): Finding {
  const took = measured(of.total_ms);
  const status = statusWords(of);
  const size = of.status_code ? bytes(of.body_size ?? 0) : '';
  const good = say.statusIn(status, ms(took), size && `, ${size}`);
  const certificate = of.certificate_info;
  const own = certificate?.days_until_expiry ?? undefined;
  const days = of.earliest_days_until_expiry ?? own;
  const soon = days !== undefined && days <= SOON_DAYS;
  const words = of.error ? sentence(of.error) : good;
  return {
    words: soon ? say.andCertificate(words, leftWords(days)) : words,
    tone: of.error ? 'bad' : soon ? 'warn' : 'fine',
    facts: [
      [say.status, status],
      [say.wholeTime, took !== null && ms(took)],
      [say.content, of.content_match && say.expectedFound],
      [general.type, of.content_type],
      [say.value, of.json_found],
      [say.body, size && `${size}${of.body_truncated ? say.moreNotRead : ''}`],
      [
        say.coding,
        of.content_encoding && `${of.content_encoding}, ${bytes(of.transfer_size ?? 0)}`,
      ],
      [general.address, of.remote_addr],
      [say.missed, of.missed_addrs?.join(', ')],
      [say.protocol, [of.protocol, of.tls_version].filter(Boolean).join(', ')],
      [say.cipher, of.tls_cipher_suite],
      [
        say.redirects,
        Boolean(of.redirects) &&
          say.redirectsTo(amounts.redirects(of.redirects ?? 0), of.final_url ?? ''),
      ],
      [say.certificate, certificate?.subject],
      [say.issuedBy, certificate?.issuer],
      [
        say.validUntil,
        own !== undefined && `${day(certificate?.not_after ?? undefined)} (${leftWords(own)})`,
      ],
      ...moreOfTls(of, certificate),
    ],
    grids: [],
  };
}

/** What is known beside the dates of a server's own certificate. */
function moreOfTls(
  of: Payload<HttpResult> | Payload<TlsResult>,
  own: Payload<CertificateInfo> | null | undefined,
): Finding['facts'] {
  const { earliest_days_until_expiry: days, earliest_not_after: first } = of;
  const isOther = days != null && days !== own?.days_until_expiry;
  const size = own?.key_bits ? ` ${own.key_bits}` : '';
  return [
    [say.chainUntil, isOther && `${day(first ?? undefined)} (${leftWords(days)})`],
    [say.key, own?.key && [`${own.key}${size}`, own.signature].filter(Boolean).join(', ')],
    [say.serial, own?.serial],
    [say.unreadable, own?.unreadable?.join(', ')],
    [
      say.clientCertificate,
      of.client_certificate &&
        (of.client_certificate === 'asked' ? say.clientAsked : say.clientRequired),
    ],
  ];
}

/** NetWatcher's text has the code, and some have the words only. */
function statusWords({ status_code, status_text }: Payload<HttpResult>): string {
  if (!status_code) return say.noAnswer;
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
    [say.connect, of.tcp_connect_ms],
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
    add(redirected ? say.redirectsAndWaiting : say.firstByte, firstByte - before);
    add(say.readingTheRest, (of.total_ms ?? 0) - Math.max(firstByte, at));
  }
  return steps;
}

const SOON_DAYS = 30;

/** "ends in 6 days", "ended 3 days ago", "ends today". */
export function leftWords(days: number): string {
  if (days < 0) return say.endedAgo(-days);
  return days === 0 ? say.endsToday : say.endsIn(amounts.days(days));
}

export function tlsFinding(of: Payload<TlsResult>): Finding {
  const own = of.certificate;
  const days = own ? (of.days_until_expiry ?? own.days_until_expiry ?? undefined) : undefined;
  const wrong = wrongs(of, days);
  return {
    words: wrong.length
      ? wrong.join(' ')
      : days === undefined
        ? say.noCertificateWasShown
        : say.certificateGood(leftWords(days)),
    tone:
      of.error || (days ?? 0) < 0 ? 'bad' : wrong.length || days === undefined ? 'warn' : 'fine',
    facts: [
      [say.certificateOf, own?.sans?.length ? own.sans.join(', ') : own?.subject],
      [say.askedFor, of.server_name],
      [say.issuedBy, of.issuer_org || own?.issuer],
      [say.validFrom, day(own?.not_before ?? undefined)],
      [say.validUntil, day(own?.not_after ?? undefined)],
      [general.kind, of.cert_type],
      [say.protocol, [of.tls_version, of.alpn].filter(Boolean).join(', ')],
      [say.cipher, of.tls_cipher_suite],
      [general.address, of.remote_addr],
      [say.missed, of.missed_addrs?.join(', ')],
      [say.handshake, measured(of.tls_handshake_ms) !== null && ms(of.tls_handshake_ms)],
      [say.beforeTls, Boolean(of.starttls_ms) && ms(of.starttls_ms)],
      ...moreOfTls(of, own),
    ],
    grids: of.certificate_chain?.length
      ? [
          {
            title: say.chain,
            columns: [
              [say.certificate],
              [say.issuedBy, 'wide'],
              [say.from, 'wide'],
              [say.until],
              [say.left, 'number'],
            ],
            rows: of.certificate_chain.map((one) => [
              one.subject,
              one.issuer,
              day(one.not_before ?? undefined),
              day(one.not_after ?? undefined),
              one.days_until_expiry === null ? '?' : amounts.days(one.days_until_expiry),
            ]),
            tones: of.certificate_chain.map((one) => toneOf(one.days_until_expiry)),
          },
        ]
      : [],
  };
}

function toneOf(days: number | null): Tone {
  if (days === null) return 'warn';
  return days < 0 ? 'bad' : days <= SOON_DAYS ? 'warn' : 'fine';
}

/** All that is wrong, each in a sentence. */
function wrongs(of: Payload<TlsResult>, days: number | undefined): string[] {
  const { certificate: own, server_name: asked } = of;
  const found: string[] = [];
  if (days !== undefined && days < 0) found.push(say.certificateEnds(leftWords(days)));
  else if (days !== undefined && days <= SOON_DAYS) found.push(say.renew(leftWords(days)));
  const first = of.earliest_days_until_expiry ?? undefined;
  if (first !== undefined && days !== undefined && first < days && first <= SOON_DAYS)
    found.push(say.chainEnds(leftWords(first)));
  if (own && of.name_matches === false && asked) {
    const names = own.sans?.length ? own.sans.join(', ') : own.subject;
    found.push(say.wrongName(names ?? '', asked));
  }
  if (of.verify_error) found.push(sentence(say.notTrusted(of.verify_error)));
  const said = of.error && of.verify_error && of.error.includes(of.verify_error);
  if (of.error && !said) found.push(sentence(of.error));
  return found;
}
