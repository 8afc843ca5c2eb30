/** What results of SYSINFO and NETINFO probes say. */

import { bytes, percent, rate } from '../../text/units';
import type { NetinfoResult, SysinfoResult } from '../../wire';
import type { Finding, Grid, Payload, Tone } from './finding';

const FULL_PCT = 90;

/** Percent of the memory that is used; null where it is not known. */
export function memoryPct(of: Payload<SysinfoResult>): number | null {
  const { total_bytes: total, available_bytes: available } = of.memoryInfo ?? {};
  return total && available !== undefined ? 100 * (1 - available / total) : null;
}

export function busyPct(of: Payload<SysinfoResult>): number | null {
  return of.cpu?.idle === undefined ? null : 100 - of.cpu.idle;
}

export function sysinfoFinding(of: Payload<SysinfoResult>): Finding {
  const disks = of.disks ?? [];
  const fullest = disks.toSorted((a, b) => b.used_pct - a.used_pct)[0];
  const memory = memoryPct(of);
  const parts = [
    busyPct(of) !== null && `processors ${percent(busyPct(of))} busy`,
    memory !== null && `memory ${percent(memory)} used`,
    fullest && `${fullest.mount} ${percent(fullest.used_pct)} full`,
  ].filter(Boolean);
  const tight = (fullest?.used_pct ?? 0) >= FULL_PCT || (memory ?? 0) >= 95;
  const text = parts.join(', ');
  return {
    words: text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : 'No figure came.',
    tone: tight ? 'warn' : 'fine',
    facts: [
      ['Host', of.hostInfo?.name],
      ['System', [of.hostInfo?.os?.name, of.hostInfo?.os?.version].filter(Boolean).join(' ')],
      ['Processors', Boolean(of.processors) && `${of.processors}`],
      ['Load', of.load?.map((one) => one.toFixed(2)).join(', ')],
      [
        'Memory',
        of.memoryInfo?.total_bytes !== undefined &&
          `${bytes(of.memoryInfo.available_bytes)} of ${bytes(of.memoryInfo.total_bytes)} available`,
      ],
      ...(of.temperatures ?? []).map((one): [string, string] => [
        [one.sensor, one.label].filter(Boolean).join(' '),
        `${one.celsius.toFixed(0)} °C`,
      ]),
    ],
    grids: [
      grid(
        'Disks',
        [['Disk'], ['Used', 'number'], ['Of', 'number'], ['Share', 'number']],
        disks.map((one) => [
          one.mount,
          bytes(one.used_bytes),
          bytes(one.total_bytes),
          percent(one.used_pct),
        ]),
        disks.map((one) => (one.used_pct >= FULL_PCT ? 'warn' : 'fine')),
      ),
      grid(
        'Interfaces',
        [['Interface'], ['In', 'number'], ['Out', 'number'], ['Errors', 'number']],
        (of.nics ?? []).map((one) => [
          one.name,
          one.rx_bytes_per_sec == null ? '–' : rate(one.rx_bytes_per_sec),
          one.tx_bytes_per_sec == null ? '–' : rate(one.tx_bytes_per_sec),
          `${(one.rx_errors ?? 0) + (one.tx_errors ?? 0)}`,
        ]),
      ),
    ].filter((one) => one.rows.length > 0),
  };
}

export function netinfoFinding(of: Payload<NetinfoResult>): Finding {
  const place = of.geo ?? {};
  const city = [place.city, place.country].filter((one) => typeof one === 'string' && one);
  const known = [
    of.local_address,
    of.public_address && `seen as ${of.public_address}`,
    of.internet_provider && `by ${of.internet_provider}`,
  ].filter(Boolean);
  return {
    words: known.length ? `${known.join(', ')}.` : 'No address is known.',
    tone: of.local_address || of.default_gateway ? 'fine' : 'warn',
    facts: [
      ['Address', of.local_address],
      ['Gateway', of.default_gateway],
      ['Public address', of.public_address],
      ['Provider', of.internet_provider],
      ['Place', city.join(', ')],
    ],
    grids: [
      grid(
        'Interfaces',
        [['Interface'], ['Kind', 'wide'], ['Addresses'], ['MAC', 'wide'], ['MTU', 'number']],
        (of.interfaces ?? []).map((one) => [
          one.is_default ? `${one.name} (default)` : one.name,
          one.type,
          [...(one.ipv4 ?? []), ...(one.ipv6 ?? [])].join(', '),
          one.mac ?? '',
          `${one.mtu}`,
        ]),
      ),
      grid(
        'Routes',
        [['Towards'], ['Gateway'], ['Interface'], ['Metric', 'number']],
        (of.routes ?? []).map((one) => [
          one.destination,
          one.gateway || 'direct',
          one.interface,
          `${one.metric}`,
        ]),
      ),
    ].filter((one) => one.rows.length > 0),
  };
}

function grid(
  title: string,
  columns: Grid['columns'],
  rows: string[][],
  tones: readonly Tone[] = [],
): Grid {
  return { title, columns, rows, tones };
}
