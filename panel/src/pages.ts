/** Every page of the panel: a page is a row of PAGES, its address in route.ts, and its component. */

import type { Component } from 'svelte';
import { toAgents, toAlerts, toGroups, toJobs, toTraffic, toWorkloads } from './route';

/** What an address and the caller's role give to a page. */
export interface Given {
  workspace: number;
  /** The number that stands at `:name` of the path. */
  id: (name: string) => number;
  /** What stands behind the question mark; empty where it does not. */
  asked: (name: string) => string;
  /** Acknowledge, resolve, edit: USER and above. */
  mayChange: boolean;
  /** Switch rules: ADMIN and above. */
  mayRule: boolean;
}

type Some = Record<string, any>;

interface Row<Props extends Some> {
  /** `:name` is a number. */
  path: string;
  /** Until the page knows a better one. */
  title: string;
  /** Of the bar at the top, which one is marked. */
  part: keyof typeof BAR;
  /** Loaded when it is first opened. */
  component: () => Promise<{ default: Component<Props> }>;
  props: (given: Given) => Props;
  /** What makes it another page, that begins anew, besides the numbers of its path. */
  key?: (given: Given) => string;
}

export type Page = Row<Some>;

/** The bar at the top. */
export const BAR = {
  Agents: toAgents,
  Traffic: toTraffic,
  Groups: toGroups,
  Workloads: toWorkloads,
  Jobs: toJobs,
  Alerts: toAlerts,
};

export const PAGES: readonly Page[] = [
  row({
    path: '/w/:workspace/sites',
    title: 'Agents',
    part: 'Agents',
    component: () => import('./pages/Agents.svelte'),
    props: ({ workspace, asked }) => ({ workspace, only: asked('only'), find: asked('find') }),
  }),
  row({
    path: '/w/:workspace/sites/:site',
    title: 'Agent',
    part: 'Agents',
    component: () => import('./pages/Agent.svelte'),
    props: ({ workspace, id }) => ({ workspace, id: id('site') }),
  }),
  row({
    path: '/w/:workspace/sites/:site/probes/:probe',
    title: 'Probe',
    part: 'Agents',
    component: () => import('./pages/Probe.svelte'),
    props: ({ workspace, id, asked }) => ({
      workspace,
      agentId: id('site'),
      id: id('probe'),
      last: asked('last'),
      from: asked('from'),
      to: asked('to'),
    }),
  }),
  row({
    path: '/w/:workspace/traffic',
    title: 'Traffic',
    part: 'Traffic',
    component: () => import('./pages/Traffic.svelte'),
    props: ({ workspace, asked }) => ({ workspace, last: asked('last'), group: asked('group') }),
    key: ({ asked }) => `${asked('last')} ${asked('group')}`,
  }),
  row({
    path: '/w/:workspace/groups',
    title: 'Groups',
    part: 'Groups',
    component: () => import('./pages/Groups.svelte'),
    props: ({ workspace, mayChange }) => ({ workspace, mayChange }),
  }),
  row({
    path: '/w/:workspace/groups/:group',
    title: 'Group',
    part: 'Groups',
    component: () => import('./pages/Group.svelte'),
    props: ({ workspace, id, mayChange }) => ({ workspace, id: id('group'), mayChange }),
  }),
  row({
    path: '/w/:workspace/workloads',
    title: 'Workloads',
    part: 'Workloads',
    component: () => import('./pages/Workloads.svelte'),
    props: ({ workspace, asked }) => ({ workspace, only: asked('only'), find: asked('find') }),
  }),
  row({
    path: '/w/:workspace/jobs',
    title: 'Jobs',
    part: 'Jobs',
    component: () => import('./pages/Jobs.svelte'),
    props: ({ workspace, asked }) => ({
      workspace,
      only: asked('only'),
      find: asked('find'),
      open: Number(asked('job')) || 0,
    }),
  }),
  row({
    path: '/w/:workspace/alerts',
    title: 'Alerts',
    part: 'Alerts',
    component: () => import('./pages/Alerts.svelte'),
    props: ({ workspace, asked, mayChange, mayRule }) => ({
      workspace,
      status: asked('status'),
      mayChange,
      mayRule,
    }),
  }),
];

export interface Match {
  page: Page;
  ids: Readonly<Record<string, number>>;
}

/** null: no page stands there. */
export function find(path: string): Match | null {
  for (const page of PAGES) {
    const names = [...page.path.matchAll(/:(\w+)/g)].map((one) => one[1] as string);
    const found = new RegExp(`^${page.path.replace(/:\w+/g, '(\\d+)')}/?$`).exec(path);
    if (found) {
      return {
        page,
        ids: Object.fromEntries(names.map((name, i) => [name, Number(found[i + 1])])),
      };
    }
  }
  return null;
}

/** Its props are checked against its component here; the table itself forgets them. */
function row<Props extends Some>(of: Row<Props>): Page {
  return of as unknown as Page;
}
