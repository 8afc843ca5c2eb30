/** What results of SYSINFO and NETINFO probes say. */

import { bytes, percent, rate } from '../../text/units';
import type { NetinfoResult, SysinfoResult } from '../../wire';
import type { Finding, Grid, Payload, Tone } from './finding';
import { say as general } from '../../words/en/general';
import { say } from '../../words/en/findings';
import { fixed } from '../../words/numbers';

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
    busyPct(of) !== null && say.processorsBusy(percent(busyPct(of))),
    memory !== null && say.memoryUsed(percent(memory)),
    fullest && say.full(fullest.mount, percent(fullest.used_pct)),
  ].filter(Boolean);
  const tight = (fullest?.used_pct ?? 0) >= FULL_PCT || (memory ?? 0) >= 95;
  const text = parts.join(', ');
  return {
    words: text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}.` : say.noFigureCame,
    tone: tight ? 'warn' : 'fine',
    facts: [
      [general.host, of.hostInfo?.name],
      [general.system, [of.hostInfo?.os?.name, of.hostInfo?.os?.version].filter(Boolean).join(' ')],
      [say.processors, Boolean(of.processors) && `${of.processors}`],
      [general.load, of.load?.map((one) => fixed(one, 2)).join(', ')],
      [
        general.memory,
        of.memoryInfo?.total_bytes !== undefined &&
          say.available(bytes(of.memoryInfo.available_bytes), bytes(of.memoryInfo.total_bytes)),
      ],
      ...(of.temperatures ?? []).map((one): [string, string] => [
        [one.sensor, one.label].filter(Boolean).join(' '),
        `${fixed(one.celsius, 0)} °C`,
      ]),
    ],
    grids: [
      grid(
        say.disks,
        [[general.disk], [general.used, 'number'], [say.of, 'number'], [say.share, 'number']],
        disks.map((one) => [
          one.mount,
          bytes(one.used_bytes),
          bytes(one.total_bytes),
          percent(one.used_pct),
        ]),
        disks.map((one) => (one.used_pct >= FULL_PCT ? 'warn' : 'fine')),
      ),
      grid(
        general.interfaces,
        [
          [general.interfaceName],
          [general.trafficIn, 'number'],
          [general.trafficOut, 'number'],
          [general.errors, 'number'],
        ],
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
    of.public_address && say.seenAs(of.public_address),
    of.internet_provider && say.byProvider(of.internet_provider),
  ].filter(Boolean);
  return {
    words: known.length ? `${known.join(', ')}.` : say.noAddressIsKnown,
    tone: of.local_address || of.default_gateway ? 'fine' : 'warn',
    facts: [
      [general.address, of.local_address],
      [general.gateway, of.default_gateway],
      [general.publicAddress, of.public_address],
      [general.provider, of.internet_provider],
      [general.location, city.join(', ')],
    ],
    grids: [
      grid(
        general.interfaces,
        [
          [general.interfaceName],
          [general.kind, 'wide'],
          [general.addresses],
          ['MAC', 'wide'],
          ['MTU', 'number'],
        ],
        (of.interfaces ?? []).map((one) => [
          one.is_default ? say.defaultInterface(one.name) : one.name,
          one.type,
          [...(one.ipv4 ?? []), ...(one.ipv6 ?? [])].join(', '),
          one.mac ?? '',
          `${one.mtu}`,
        ]),
      ),
      grid(
        say.routes,
        [[say.towards], [general.gateway], [general.interfaceName], [say.metric, 'number']],
        (of.routes ?? []).map((one) => [
          one.destination,
          one.gateway || say.direct,
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
