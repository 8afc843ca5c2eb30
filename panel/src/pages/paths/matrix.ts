/** Targets by sites, what is worst at the top and on the left. */

import { worseFirst, type Status } from '../../text/status';
import type { Matrix, MatrixEntry, ProbeStatus, SourceAgent, TargetLabel } from '../../wire';
import { say } from '../../words/en/paths';

export interface Cell {
  status: Status;
  /** Of the worst probe that has one. */
  lossPct: number | null;
  rttMs: number | null;
  kinds: readonly ProbeStatus[];
}

export interface Row {
  target: TargetLabel;
  status: Status;
  /** By the number of the site: of many sites few measure one target. */
  cells: ReadonlyMap<number, Cell>;
}

export interface Table {
  sites: readonly SourceAgent[];
  rows: readonly Row[];
}

const names = new Intl.Collator(undefined, { numeric: true });

/** `find`: words that the target or one of its sites has. */
export function cells({ source_agents, target_labels, entries }: Matrix, find: string): Table {
  const of = new Map<string, MatrixEntry[]>();
  for (const entry of entries) {
    if (!entry.probe_status.length) continue;
    const known = of.get(entry.target_id);
    if (known) known.push(entry);
    else of.set(entry.target_id, [entry]);
  }
  const siteNames = new Map(source_agents.map((site) => [site.id, site.name]));
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const worstOf = new Map<number, Status>();
  const rows: Row[] = [];
  for (const target of target_labels) {
    const mine = of.get(target.id) ?? [];
    if (words.length) {
      const measuring = mine.map((one) => siteNames.get(one.source_agent_id) ?? '');
      const hay = [target.name, ...measuring].join(' ').toLowerCase();
      if (!words.every((word) => hay.includes(word))) continue;
    }
    const found = new Map<number, Cell>();
    let status: Status | null = null;
    for (const { source_agent_id: site, probe_status } of mine) {
      const one = cell(probe_status);
      found.set(site, one);
      status = worse(status, one.status);
      worstOf.set(site, worse(worstOf.get(site) ?? null, one.status));
    }
    rows.push({ target, status: status ?? 'unknown', cells: found });
  }
  const rank = (id: number) => worstOf.get(id) ?? 'healthy';
  return {
    sites: source_agents
      .filter((site) => worstOf.has(site.id))
      .sort((a, b) => worseFirst(rank(a.id), rank(b.id)) || names.compare(a.name, b.name)),
    rows: rows.sort(
      (a, b) => worseFirst(a.status, b.status) || names.compare(a.target.name, b.target.name),
    ),
  };
}

/** A row in a few words: `3 of 20 not fine`. What is not known is nothing of either. */
export function summary(row: Row): string {
  const all = row.cells.size;
  if (all === 0) return say.notMeasured;
  const count = (...statuses: Cell['status'][]) =>
    [...row.cells.values()].filter((one) => statuses.includes(one.status)).length;
  const ill = count('degraded', 'critical');
  if (ill > 0) return say.notFineOf(ill, all);
  const unknown = count('unknown');
  return unknown === 0 ? say.fineFrom(all) : say.notKnownOf(unknown, all);
}

function cell(kinds: readonly ProbeStatus[]): Cell {
  const all = kinds.length > 1 ? kinds.toSorted((a, b) => worseFirst(a.status, b.status)) : kinds;
  return {
    status: all[0]?.status ?? 'unknown',
    lossPct: all.find((one) => one.packet_loss !== null)?.packet_loss ?? null,
    rttMs: all.find((one) => one.avg_latency !== null)?.avg_latency ?? null,
    kinds: all,
  };
}

function worse(a: Status | null, b: Status): Status {
  return a !== null && worseFirst(a, b) < 0 ? a : b;
}
