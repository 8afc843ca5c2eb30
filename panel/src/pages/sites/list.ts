/** The list of sites: which are shown, in which order, and what stands together. */

import { worseFirst, type Status } from '../../text/status';
import type { Site } from '../../wire';

const names = new Intl.Collator(undefined, { numeric: true });

export function counts(sites: readonly Site[]): Record<Status, number> {
  const found = { critical: 0, degraded: 0, unknown: 0, healthy: 0 };
  for (const site of sites) found[site.verdict.status] += 1;
  return found;
}

/** Worst first, then by name. `find`: words that a site has in its name, location, labels, version. */
export function matching(sites: readonly Site[], only: Status | null, find: string): Site[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return sites
    .filter((site) => {
      if (only !== null && site.verdict.status !== only) return false;
      if (!words.length) return true;
      const hay = [site.name, site.location, site.version, ...labelsOf(site).flat()].join(' ');
      return words.every((word) => hay.toLowerCase().includes(word));
    })
    .sort(
      (a, b) => worseFirst(a.verdict.status, b.verdict.status) || names.compare(a.name, b.name),
    );
}

/** As pairs of words; what is nested is no label that one can read. */
export function labelsOf(site: Pick<Site, 'labels'>): [name: string, value: string][] {
  return Object.entries(site.labels as Record<string, unknown>).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
  );
}

/** Names of labels that some site has, by which sites can stand together. */
export function labelNames(sites: readonly Site[]): string[] {
  const found = new Set(sites.flatMap((site) => labelsOf(site).map(([name]) => name)));
  return [...found].sort(names.compare);
}

/** Sites by the value of a label, those without last; `by` empty: all in one. */
export function grouped(sites: readonly Site[], by: string): [name: string, sites: Site[]][] {
  const found = new Map<string, Site[]>();
  for (const site of sites) {
    const value = by ? (new Map(labelsOf(site)).get(by) ?? '') : '';
    found.set(value, [...(found.get(value) ?? []), site]);
  }
  return [...found].sort(([a], [b]) => Number(a === '') - Number(b === '') || names.compare(a, b));
}
