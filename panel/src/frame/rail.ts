/** The parts of the panel, in the order of the rail. */

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
  Now: { icon: 'now', to: toNow, first: true },
  Sites: { icon: 'sites', to: toSites, first: true },
  Paths: { icon: 'paths', to: toPaths },
  Traffic: { icon: 'traffic', to: toTraffic, first: true },
  Workloads: { icon: 'workloads', to: toWorkloads },
  Jobs: { icon: 'jobs', to: toJobs },
  Alerts: { icon: 'alerts', to: toAlerts, first: true },
  Tools: { icon: 'tools', to: toTools },
  Settings: { icon: 'settings', to: toSettings },
} as const satisfies Record<string, RailPart>;

export type PartName = keyof typeof RAIL;
