/** What results of DNS, TCP, UDP and SNMP probes say. */

import { digits, figure, ms, percent } from '../../text/units';
import type {
  DnsAnswer,
  DnsResult,
  DnsServerResult,
  SnmpResult,
  TcpResult,
  UdpResult,
} from '../../wire';
import { measured, sentence, type Finding, type Grid, type Payload } from './finding';
import { say as general } from '../../words/en/general';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/findings';

export function dnsFinding(of: Payload<DnsResult>): Finding {
  const answers = of.answers ?? [];
  const took = measured(of.query_time_ms);
  const code = of.response_code ?? 'ERROR';
  return {
    words: of.error
      ? sentence(of.error)
      : say.answersIn(code, amounts.answers(answers.length), ms(took)),
    tone: of.error
      ? 'bad'
      : of.as_expected || (code === 'NOERROR' && answers.length)
        ? 'fine'
        : 'warn',
    facts: [
      [say.responseCode, code],
      [say.asExpected, Boolean(of.as_expected) && general.yes],
      ['EDNS', of.edns_refused && say.withoutEdns(of.edns_refused)],
      [say.time, took !== null && ms(took)],
      [say.connecting, measured(of.connect_ms) !== null && ms(of.connect_ms)],
      [say.asked, of.dns_server],
      [
        say.for,
        of.record_type && of.target
          ? say.recordOf(of.record_type, of.target)
          : of.record_type || of.target,
      ],
      [say.over, of.protocol && `${of.protocol}${of.retried_over_tcp ? say.cutOff : ''}`],
      [say.authoritative, of.authoritative && general.yes],
      ['DNSSEC', of.authenticated && say.checkedByTheServer],
      [say.ignored, Boolean(of.ignored) && amounts.messagesThatWereNoAnswer(of.ignored ?? 0)],
    ],
    grids: [...serverGrid(of.servers ?? []), ...answerGrid(answers)],
  };
}

function serverGrid(servers: readonly Payload<DnsServerResult>[]): Grid[] {
  if (!servers.length) return [];
  return [
    {
      title: say.serversAsked,
      columns: [[say.server], [say.code], [say.time, 'number'], [say.serverAnswered, 'wide']],
      rows: servers.map((one) => [
        one.dns_server ?? '',
        one.response_code ?? 'ERROR',
        measured(one.query_time_ms) === null ? '' : ms(one.query_time_ms),
        one.error || (one.values ?? []).join(', '),
      ]),
      tones: servers.map((one) => (one.error ? 'bad' : 'fine')),
    },
  ];
}

function answerGrid(answers: readonly Payload<DnsAnswer>[]): Grid[] {
  return answers.length
    ? [
        {
          title: say.answers,
          columns: [[general.name, 'wide'], [general.type], [general.value], ['TTL', 'number']],
          rows: answers.map((one) => [
            one.name ?? '',
            one.type ?? '',
            one.value ?? '',
            `${one.ttl ?? ''} s`,
          ]),
        },
      ]
    : [];
}

export function tcpFinding(of: Payload<TcpResult>): Finding {
  return portFinding(of, of.connected ?? 0, say.connectedOf, {
    [say.connecting]: of.connects_ms,
    TLS: of.tls_ms,
    [say.answer]: of.answers_ms,
  });
}

export function udpFinding(of: Payload<UdpResult>): Finding {
  return portFinding(of, of.answered ?? 0, say.answeredOf, { [say.answer]: of.answers_ms });
}

type Times = readonly (number | null)[] | undefined;

/** Several attempts at a port: `parts` are the times of each, the first one is there in any case. */
function portFinding(
  of: Payload<TcpResult> | Payload<UdpResult>,
  good: number,
  goodOf: typeof say.connectedOf,
  parts: Readonly<Record<string, Times>>,
): Finding {
  const attempts = of.attempts ?? 0;
  const failed = [
    [of.refused, say.refused],
    [of.timed_out, say.withoutAnAnswer],
    [of.unreachable, say.unreachable],
    [of.unexpected, say.otherThanExpected],
  ] as const;
  const why = failed.flatMap(([count, words]) => (count ? [`${count} ${words}`] : [])).join(', ');
  const took = good ? say.onAverage(ms(of.avg_ms)) : '';
  const error = of.error && !why ? ` ${sentence(of.error)}` : '';
  const shown = Object.entries(parts).filter(([, times], at) => at === 0 || times?.length);
  const [, first = []] = shown[0] ?? [];
  return {
    words: goodOf(good, amounts.attempts(attempts), took, why && `; ${why}`, error),
    tone: good === attempts && attempts > 0 ? 'fine' : good ? 'warn' : 'bad',
    facts: [
      [say.failed, percent(of.loss_pct)],
      [say.leastGreatest, good > 0 && `${digits(of.min_ms ?? 0)} – ${ms(of.max_ms)}`],
      [say.deviation, good > 1 && ms(of.stddev_ms)],
      [say.lookingUpTheName, measured(of.dns_lookup_ms) !== null && ms(of.dns_lookup_ms)],
      [general.address, of.remote_addr],
      [say.lastReason, of.error],
    ],
    grids: first.length
      ? [
          {
            title: say.attempts,
            columns: [
              [say.attempt],
              ...shown.map(([name]): [string, 'number'] => [name, 'number']),
            ],
            rows: first.map((_, at) => [
              `${at + 1}`,
              ...shown.map(([, times], part) => {
                const time = times?.[at] ?? null;
                return time === null ? (part ? '' : say.attemptFailed) : ms(time);
              }),
            ]),
            tones: first.map((one) => (one === null ? 'bad' : 'fine')),
          },
        ]
      : [],
  };
}

/** Values that a page shows; a walk may have thousands. */
const MOST_VALUES = 300;

export function snmpFinding(of: Payload<SnmpResult>): Finding {
  const values = of.results ?? [];
  const took = measured(of.query_time_ms);
  const hasRates = values.some((one) => rateWords(one));
  const came = say.valuesIn(amounts.values(values.length), ms(took));
  return {
    words: of.error
      ? sentence(of.error) + (values.length ? say.beforeItCame(came) : '')
      : `${came}.`,
    tone: of.error ? (values.length && of.as_expected !== false ? 'warn' : 'bad') : 'fine',
    facts: [
      [general.version, of.version],
      [say.asExpected, Boolean(of.as_expected) && general.yes],
      [say.answeredBy, of.other_addr],
      [say.profile, of.profile],
      [general.address, of.remote_addr || of.target],
      [say.requests, of.requests !== undefined && `${of.requests}`],
    ],
    grids: values.length
      ? [
          {
            title:
              values.length > MOST_VALUES
                ? say.firstValues(MOST_VALUES, values.length)
                : say.values,
            columns: [
              [general.name],
              [general.value, 'number'],
              ...(hasRates ? ([[say.aSecond, 'number']] as const) : []),
              [general.type, 'wide'],
            ],
            rows: values
              .slice(0, MOST_VALUES)
              .map((one) => [
                one.name || one.oid,
                valueWords(one),
                ...(hasRates ? [rateWords(one)] : []),
                one.type,
              ]),
          },
        ]
      : [],
  };
}

function rateWords({ per_sec }: { per_sec?: number | null }): string {
  return per_sec === null || per_sec === undefined ? '' : figure(per_sec);
}

function valueWords({ value, type }: { value: unknown; type: string }): string {
  if (value === null || value === undefined) return type;
  if (type === 'timeticks' && typeof value === 'number') {
    const hours = Math.floor(value / 360_000);
    return hours < 48
      ? `${hours} h ${Math.floor(value / 6_000) % 60} min`
      : `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  return typeof value === 'number' ? figure(value) : String(value);
}
