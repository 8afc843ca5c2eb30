/** Targets by sites, worst first. */

import { worseFirst, type Status } from '../../text/status';
import type { Matrix, ProbeStatus, SourceAgent, TargetLabel } from '../../wire';

export interface Cell {
  status: Status;
  /** Of the worst probe that has one. */
  lossPct: number | null;
  rttMs: number | null;
  kinds: readonly ProbeStatus[];
}

export interface Row {
  target: TargetLabel;
  /** One for each site; null where it does not measure that. */
  cells: (Cell | null)[];
}

/** `find`: words that the target or one of its sites has. */
export function cells(
  { source_agents, target_labels, entries }: Matrix,
  find: string,
): { sites: SourceAgent[]; rows: Row[] } {
  const known = new Map(
    entries.map((one) => [`${one.source_agent_id} ${one.target_id}`, one.probe_status]),
  );
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = target_labels.filter((target) => {
    const measuring = source_agents.filter((site) => known.has(`${site.id} ${target.id}`));
    const hay = `${target.name} ${measuring.map((site) => site.name).join(' ')}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
  const sites = source_agents.filter((site) =>
    shown.some((target) => known.has(`${site.id} ${target.id}`)),
  );
  const rows = shown.map((target): Row => {
    const of = sites.map((site) => known.get(`${site.id} ${target.id}`));
    return { target, cells: of.map((kinds) => (kinds?.length ? cell(kinds) : null)) };
  });
  const names = new Intl.Collator(undefined, { numeric: true });
  return {
    sites,
    rows: rows.sort(
      (a, b) => worseFirst(worst(a), worst(b)) || names.compare(a.target.name, b.target.name),
    ),
  };
}

function cell(kinds: readonly ProbeStatus[]): Cell {
  const [first, ...rest] = kinds.toSorted((a, b) => worseFirst(a.status, b.status));
  const all = first ? [first, ...rest] : [];
  return {
    status: first?.status ?? 'unknown',
    lossPct: all.find((one) => one.packet_loss !== null)?.packet_loss ?? null,
    rttMs: all.find((one) => one.avg_latency !== null)?.avg_latency ?? null,
    kinds: all,
  };
}

function worst(row: Row): Status {
  const all = row.cells.flatMap((one) => (one ? [one.status] : []));
  return all.sort(worseFirst)[0] ?? 'unknown';
}
