/** The probes of a site as rows, in the four kinds that people look for. */

import { targets } from '../../text/probe';
import { worseFirst, type Status } from '../../text/status';
import type { LineStrip, Probe } from '../../wire';
import { say as general } from '../../words/en/general';
import { say } from '../../words/en/sites';

const KINDS = {
  reachability: ['PING', 'TCP', 'UDP', 'TRAFFICSIM', 'AGENT', 'RPERF'],
  services: [
    'HTTP',
    'WEB',
    'TLS',
    'DNS',
    'SNMP',
    'SMTP',
    'SSH',
    'MQTT',
    'REDIS',
    'WEBSOCKET',
    'NTP',
  ],
  path: ['MTR'],
  host: ['SYSINFO', 'NETINFO', 'SPEEDTEST', 'SPEEDTEST_SERVERS'],
} as const;
export type KindName = keyof typeof KINDS;

export const kindWord = (kind: KindName): string =>
  ({
    reachability: say.reachability,
    services: say.services,
    path: say.path,
    host: general.host,
  })[kind];

export interface ProbeRow {
  probe: Probe;
  /** Of its result: an AGENT probe has several types. */
  type: string;
  target: string;
  /** null: nothing has come of it. */
  line: LineStrip | null;
}

const names = new Intl.Collator(undefined, { numeric: true });

/** Kinds that have rows, each worst first; a type that nobody foresaw stands with the host. */
export function byKind(
  probes: readonly Probe[],
  lines: readonly LineStrip[],
): [KindName, ProbeRow[]][] {
  const all = probes.flatMap((probe) => rowsOf(probe, lines));
  const found = (Object.keys(KINDS) as KindName[]).map((kind): [KindName, ProbeRow[]] => [
    kind,
    all.filter((row) => kindOf(row.type) === kind).sort(inOrder),
  ]);
  return found.filter(([, members]) => members.length);
}

export function statusOf({ probe, line }: ProbeRow): Status {
  return probe.enabled ? (line?.verdict.status ?? 'unknown') : 'unknown';
}

function rowsOf(probe: Probe, lines: readonly LineStrip[]): ProbeRow[] {
  const known = lines.filter((line) => line.probe_id === probe.id);
  if (known.length) {
    return known.map((line) => {
      const agent = line.target_agent ? general.agentNumber(line.target_agent) : say.itsOwnHost;
      return { probe, line, type: line.type, target: line.target || agent };
    });
  }
  const aimed = targets(probe);
  return (aimed.length ? aimed : [say.itsOwnHost]).map((target) => {
    return { probe, line: null, type: probe.type, target };
  });
}

function inOrder(a: ProbeRow, b: ProbeRow): number {
  return (
    Number(b.probe.enabled) - Number(a.probe.enabled) ||
    worseFirst(statusOf(a), statusOf(b)) ||
    a.type.localeCompare(b.type) ||
    names.compare(a.target, b.target) ||
    a.probe.id - b.probe.id
  );
}

function kindOf(type: string): KindName {
  const found = Object.entries(KINDS).find(([, types]) =>
    (types as readonly string[]).includes(type),
  );
  return (found?.[0] as KindName | undefined) ?? 'host';
}
