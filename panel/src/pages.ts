/** Every page of the panel: a page is a row of PAGES, its address in route.ts, and its component. */

import type { Component } from 'svelte';
import type { PartName } from './frame/rail';
import { say as general } from './words/en/general';

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
  title: () => string;
  /** Of the rail, which one is marked. */
  part?: PartName;
  /** It shows a part of time: the bar at the top has the range. A site does in some of its tabs. */
  timed?: true | ((given: Given) => boolean);
  /** Loaded when it is first opened. */
  component: () => Promise<{ default: Component<Props> }>;
  props: (given: Given) => Props;
  /** What makes it another page, that begins anew, besides the numbers of its path. */
  key?: (given: Given) => string;
}

export type Page = Row<Some>;

export const PAGES: readonly Page[] = [
  row({
    path: '/w/:workspace/now',
    title: () => general.now,
    part: 'now',
    component: () => import('./pages/now/Now.svelte'),
    props: ({ workspace }) => ({ workspace }),
  }),
  row({
    path: '/w/:workspace/sites',
    title: () => general.sites,
    part: 'sites',
    component: () => import('./pages/sites/Sites.svelte'),
    props: ({ workspace, asked, mayChange }) => ({
      workspace,
      only: asked('only'),
      find: asked('find'),
      by: asked('by'),
      view: asked('view'),
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/sites/add',
    title: () => general.addSite,
    part: 'sites',
    component: () => import('./pages/sites/AddSite.svelte'),
    props: ({ workspace }) => ({ workspace }),
  }),
  row({
    path: '/w/:workspace/sites/:site',
    title: () => general.site,
    part: 'sites',
    timed: ({ asked }) => asked('tab') === 'host',
    component: () => import('./pages/sites/Site.svelte'),
    props: ({ workspace, id, asked, mayChange, mayRule }) => ({
      workspace,
      id: id('site'),
      tab: asked('tab'),
      mayChange,
      mayDelete: mayRule,
    }),
  }),
  row({
    path: '/w/:workspace/sites/:site/probes/:probe',
    title: () => general.probe,
    part: 'sites',
    timed: true,
    component: () => import('./pages/probes/Probe.svelte'),
    props: ({ workspace, id, asked, mayChange }) => ({
      workspace,
      agentId: id('site'),
      id: id('probe'),
      way: asked('way'),
      at: second(asked('at')),
      against: second(asked('against')),
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/sites/:site/probes/add',
    title: () => general.addProbe,
    part: 'sites',
    component: () => import('./pages/probes/AddProbe.svelte'),
    props: ({ workspace, id }) => ({ workspace, site: id('site') }),
  }),
  row({
    path: '/w/:workspace/paths',
    title: () => general.paths,
    part: 'paths',
    component: () => import('./pages/paths/Paths.svelte'),
    props: ({ workspace }) => ({ workspace }),
  }),
  row({
    path: '/w/:workspace/paths/target',
    title: () => general.target,
    part: 'paths',
    component: () => import('./pages/paths/Target.svelte'),
    props: ({ workspace, asked }) => ({ workspace, target: asked('target') }),
    key: ({ asked }) => asked('target'),
  }),
  row({
    path: '/w/:workspace/compare',
    title: () => general.compare,
    part: 'paths',
    timed: true,
    component: () => import('./pages/compare/Compare.svelte'),
    props: ({ workspace, asked }) => ({ workspace, lines: asked('lines') }),
  }),
  row({
    path: '/w/:workspace/traffic',
    title: () => general.traffic,
    part: 'traffic',
    timed: true,
    component: () => import('./pages/traffic/Traffic.svelte'),
    props: ({ workspace, asked }) => ({
      workspace,
      narrowed: {
        device: asked('device'),
        application: asked('application'),
        remote: asked('remote'),
        group: asked('group'),
        site: Number(asked('site')) || 0,
      },
    }),
    key: ({ asked }) => ['device', 'application', 'remote', 'group', 'site'].map(asked).join('\n'),
  }),
  row({
    path: '/w/:workspace/groups',
    title: () => general.groups,
    part: 'traffic',
    component: () => import('./pages/traffic/Groups.svelte'),
    props: ({ workspace, mayChange }) => ({ workspace, mayChange }),
  }),
  row({
    path: '/w/:workspace/groups/:group',
    title: () => general.group,
    part: 'traffic',
    component: () => import('./pages/traffic/Group.svelte'),
    props: ({ workspace, id, mayChange }) => ({ workspace, id: id('group'), mayChange }),
  }),
  row({
    path: '/w/:workspace/workloads',
    title: () => general.workloads,
    part: 'workloads',
    component: () => import('./pages/workloads/Workloads.svelte'),
    props: ({ workspace, asked, mayChange }) => ({
      workspace,
      only: asked('only'),
      find: asked('find'),
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/workloads/add',
    title: () => general.newMicroservice,
    part: 'workloads',
    component: () => import('./pages/workloads/AddWorkload.svelte'),
    props: ({ workspace, mayChange }) => ({ workspace, mayChange }),
  }),
  row({
    path: '/w/:workspace/workloads/:workload',
    title: () => general.microservice,
    part: 'workloads',
    component: () => import('./pages/workloads/Workload.svelte'),
    props: ({ workspace, id, asked, mayChange }) => ({
      workspace,
      id: id('workload'),
      tab: asked('tab'),
      agent: Number(asked('agent')) || 0,
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/jobs',
    title: () => general.jobs,
    part: 'jobs',
    component: () => import('./pages/jobs/Jobs.svelte'),
    props: ({ workspace, asked, mayChange }) => ({
      workspace,
      only: asked('only'),
      find: asked('find'),
      open: Number(asked('job')) || 0,
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/jobs/add',
    title: () => general.newJob,
    part: 'jobs',
    component: () => import('./pages/jobs/Job.svelte'),
    props: ({ workspace, mayChange, mayRule }) => ({ workspace, id: null, mayChange, mayRule }),
    // The form is made once the role is known.
    key: ({ mayRule }) => String(mayRule),
  }),
  row({
    path: '/w/:workspace/jobs/:job',
    title: () => general.job,
    part: 'jobs',
    component: () => import('./pages/jobs/Job.svelte'),
    props: ({ workspace, id, mayChange, mayRule }) => ({
      workspace,
      id: id('job'),
      mayChange,
      mayRule,
    }),
    key: ({ mayRule }) => String(mayRule),
  }),
  row({
    path: '/w/:workspace/alerts',
    title: () => general.alerts,
    part: 'alerts',
    component: () => import('./pages/alerts/Alerts.svelte'),
    props: ({ workspace, asked, mayChange, mayRule }) => ({
      workspace,
      tab: asked('tab'),
      status: asked('status'),
      incident: Number(asked('incident')) || 0,
      mayChange,
      mayRule,
    }),
  }),
  row({
    path: '/w/:workspace/tools',
    title: () => general.tools,
    part: 'tools',
    component: () => import('./pages/tools/Tools.svelte'),
    props: ({ workspace, asked, mayChange }) => ({
      workspace,
      site: Number(asked('site')) || 0,
      mayChange,
    }),
  }),
  row({
    path: '/w/:workspace/settings',
    title: () => general.settings,
    part: 'settings',
    component: () => import('./pages/settings/Settings.svelte'),
    props: ({ workspace, asked, mayChange, mayRule }) => ({
      workspace,
      tab: asked('tab'),
      mayChange,
      mayRule,
    }),
  }),
  row({
    path: '/w/:workspace/account',
    title: () => general.account,
    component: () => import('./pages/settings/Account.svelte'),
    props: () => ({}),
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

/** A moment of an address, in Unix seconds; null where there is none. */
function second(text: string): number | null {
  return /^\d{1,11}$/.test(text) ? Number(text) : null;
}

/** Its props are checked against its component here; the table itself forgets them. */
function row<Props extends Some>(of: Row<Props>): Page {
  return of as unknown as Page;
}
