/** The parts of the panel, in the order of the rail; the catalogue has their names in `general`. */

import type { IconName } from '../parts/Icon.svelte';
import {
  toAlerts,
  toJobs,
  toNow,
  toPaths,
  toSettings,
  toSites,
  toTools,
  toTraffic,
  toWorkloads,
} from '../route';

export interface RailPart {
  icon: IconName;
  to: (workspace: number) => string;
  /** On a phone, where there is room for four: one of those that are always there. */
  first?: true;
}

export const RAIL = {
  now: { icon: 'now', to: toNow, first: true },
  sites: { icon: 'sites', to: toSites, first: true },
  paths: { icon: 'paths', to: toPaths },
  traffic: { icon: 'traffic', to: toTraffic, first: true },
  workloads: { icon: 'workloads', to: toWorkloads },
  jobs: { icon: 'jobs', to: toJobs },
  alerts: { icon: 'alerts', to: toAlerts, first: true },
  tools: { icon: 'tools', to: toTools },
  settings: { icon: 'settings', to: toSettings },
} as const satisfies Record<string, RailPart>;

export type PartName = keyof typeof RAIL;
