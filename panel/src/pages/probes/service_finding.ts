/** What results of DNS, TCP and SNMP probes say. */

import { digits, figure, ms, percent, plural } from '../../text/units';
import type { DnsResult, SnmpResult, TcpResult } from '../../wire';
import { measured, sentence, type Finding, type Payload } from './finding';

export function dnsFinding(of: Payload<DnsResult>): Finding {
  const answers = of.answers ?? [];
  const took = measured(of.query_time_ms);
  const code = of.response_code ?? 'ERROR';
  return {
    words: of.error
      ? sentence(of.error)
      : `${code}: ${plural(answers.length, 'answer')} in ${ms(took)}.`,
    tone: of.error ? 'bad' : code === 'NOERROR' && answers.length ? 'fine' : 'warn',
    facts: [
      ['Response code', code],
      ['Time', took !== null && ms(took)],
      ['Connecting', measured(of.connect_ms) !== null && ms(of.connect_ms)],
      ['Asked', of.dns_server],
      ['For', [of.record_type, of.target].filter(Boolean).join(' of ')],
      [
        'Over',
        of.protocol && `${of.protocol}${of.retried_over_tcp ? ', then TCP: it was cut off' : ''}`,
      ],
      ['Authoritative', of.authoritative && 'yes'],
      ['DNSSEC', of.authenticated && 'checked by the server'],
      [
        'Ignored',
        Boolean(of.ignored) &&
          plural(of.ignored ?? 0, 'message that was no answer', 'messages that were no answer'),
      ],
    ],
    grids: answers.length
      ? [
          {
            title: 'Answers',
            columns: [['Name', 'wide'], ['Type'], ['Value'], ['TTL', 'number']],
            rows: answers.map((one) => [one.name, one.type, one.value, `${one.ttl} s`]),
          },
        ]
      : [],
  };
}

export function tcpFinding(of: Payload<TcpResult>): Finding {
  const attempts = of.attempts ?? 0;
  const connected = of.connected ?? 0;
  const failed = [
    [of.refused, 'refused'],
    [of.timed_out, 'without an answer'],
    [of.unreachable, 'unreachable'],
  ] as const;
  const why = failed.flatMap(([count, words]) => (count ? [`${count} ${words}`] : [])).join(', ');
  const took = connected ? `, ${ms(of.avg_ms)} on average` : '';
  const error = of.error && !why ? ` ${sentence(of.error)}` : '';
  return {
    words: `${connected} of ${plural(attempts, 'attempt')} connected${took}${why && `; ${why}`}.${error}`,
    tone: connected === attempts && attempts > 0 ? 'fine' : connected ? 'warn' : 'bad',
    facts: [
      ['Failed', percent(of.loss_pct)],
      ['Least – greatest', connected > 0 && `${digits(of.min_ms ?? 0)} – ${ms(of.max_ms)}`],
      ['Deviation', connected > 1 && ms(of.stddev_ms)],
      ['Looking up the name', measured(of.dns_lookup_ms) !== null && ms(of.dns_lookup_ms)],
      ['Address', of.remote_addr],
      ['Last reason', of.error],
    ],
    grids: of.connects_ms?.length
      ? [
          {
            title: 'Attempts',
            columns: [['Attempt'], ['Time', 'number']],
            rows: of.connects_ms.map((one, at) => [`${at + 1}`, one === null ? 'failed' : ms(one)]),
            tones: of.connects_ms.map((one) => (one === null ? 'bad' : 'fine')),
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
  const came = `${plural(values.length, 'value')} in ${ms(took)}`;
  return {
    words: of.error
      ? sentence(of.error) + (values.length ? ` Before it came ${came}.` : '')
      : `${came}.`,
    tone: of.error ? (values.length ? 'warn' : 'bad') : 'fine',
    facts: [
      ['Version', of.version],
      ['Profile', of.profile],
      ['Address', of.remote_addr || of.target],
      ['Requests', of.requests !== undefined && `${of.requests}`],
    ],
    grids: values.length
      ? [
          {
            title:
              values.length > MOST_VALUES
                ? `Values, the first ${MOST_VALUES} of ${values.length}`
                : 'Values',
            columns: [['Name'], ['Value', 'number'], ['Type', 'wide']],
            rows: values
              .slice(0, MOST_VALUES)
              .map((one) => [one.name || one.oid, valueWords(one), one.type]),
          },
        ]
      : [],
  };
}

function valueWords({ value, type }: { value: unknown; type: string }): string {
  if (value === null || value === undefined) return type;
  if (type === 'timeticks' && typeof value === 'number') {
    const hours = Math.floor(value / 360_000);
    return hours < 48
      ? `${hours} h ${Math.floor(value / 6_000) % 60} min`
      : `${Math.floor(hours / 24)} d ${hours % 24} h`;
  }
  return typeof value === 'number' ? String(figure(value)) : String(value);
}
