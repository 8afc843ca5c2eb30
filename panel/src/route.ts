/** Addresses within the panel. All but `/` begin with `/w/WORKSPACE` or, for who has no account, with
 * `/shared/`, as no route of REST does. */

/** What a page shows of its subject; what is empty is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

function within(workspace: number, rest: string, query?: Query): string {
  return `/w/${workspace}/${rest}${asking(query)}`;
}

function asking(query: Query = {}): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') asked.set(name, String(value));
  }
  return asked.size ? `?${asked}` : '';
}

export const toNow = (workspace: number) => within(workspace, 'now');
export const toSites = (workspace: number, query?: Query) => within(workspace, 'sites', query);
export const toAddSite = (workspace: number) => within(workspace, 'sites/add');
export const toSite = (workspace: number, site: number, query?: Query) =>
  within(workspace, `sites/${site}`, query);
export const toProbe = (workspace: number, site: number, probe: number, query?: Query) =>
  within(workspace, `sites/${site}/probes/${probe}`, query);
export const toAddProbe = (workspace: number, site: number) =>
  within(workspace, `sites/${site}/probes/add`);
export const toPaths = (workspace: number) => within(workspace, 'paths');
/** One target as all sites see it. */
export const toTarget = (workspace: number, target: string) =>
  within(workspace, 'paths/target', { target });
/** Lines of several probes on one axis, as `lines` names them. */
export const toCompare = (workspace: number, lines: string, query?: Query) =>
  within(workspace, 'compare', { lines, ...query });
export const toTraffic = (workspace: number, last = '', group = '') =>
  within(workspace, 'traffic', { last, group });
export const toGroups = (workspace: number) => within(workspace, 'groups');
export const toGroup = (workspace: number, group: number) => within(workspace, `groups/${group}`);
export const toWorkloads = (workspace: number, query?: Query) =>
  within(workspace, 'workloads', query);
export const toAddWorkload = (workspace: number) => within(workspace, 'workloads/add');
export const toWorkload = (workspace: number, id: number, query?: Query) =>
  within(workspace, `workloads/${id}`, query);
export const toJobs = (workspace: number, query?: Query) => within(workspace, 'jobs', query);
export const toAddJob = (workspace: number) => within(workspace, 'jobs/add');
/** Its form. */
export const toJob = (workspace: number, job: number) => within(workspace, `jobs/${job}`);
export const toAlerts = (workspace: number, query?: Query) => within(workspace, 'alerts', query);
export const toTools = (workspace: number, query?: Query) => within(workspace, 'tools', query);
export const toSettings = (workspace: number) => within(workspace, 'settings');
export const toAccount = (workspace: number) => within(workspace, 'account');

/** For whoever has the link, without an account. */
export const toShared = (token: string, query?: Query) => `/shared/${token}${asking(query)}`;

/** The token of a share link; empty: the address is none. */
export const sharedOf = (path: string) => /^\/shared\/([\w-]+)\/?$/.exec(path)?.[1] ?? '';

/** Of who is invited. Behind the #, so that the token stands in no server's log. */
export const toInvitation = (token: string) => `/#/invite/${token}`;

/** The token of an invitation; empty: none is there. */
export const invitationOf = (hash: string) => /^#\/invite\/([\w-]+)$/.exec(hash)?.[1] ?? '';

/** The token of a mailed link that proves an address; empty: none is there. */
export const proofOf = (hash: string) => /^#\/prove\/([\w.-]+)$/.exec(hash)?.[1] ?? '';

/** The token of a mailed link to a new password; empty: none is there. */
export const resetOf = (hash: string) => /^#\/reset\/([\w.-]+)$/.exec(hash)?.[1] ?? '';

/** Whether the panel itself answers there; anything else is the controller's. */
export const isPanel = (path: string) =>
  isHome(path) || path.startsWith('/w/') || path.startsWith('/shared/');

export const isHome = (path: string) => path === '/' || path === '/index.html';

/** `/w/1`, which has no page of its own yet. */
export function workspaceOf(path: string): number | null {
  const found = /^\/w\/(\d+)\/?$/.exec(path);
  return found ? Number(found[1]) : null;
}

const OLD = /^#\/w\/(\d+)(?:\/(.*?))?\/?(?:\?(.*))?$/;

/** Where an address from before leads on to: `#/w/1/a/10/p/3?range=1h`. null: none of those. */
export function ofHash(hash: string): string | null {
  const found = OLD.exec(hash);
  if (!found) return null;
  const workspace = Number(found[1]);
  const rest = found[2] ?? '';
  const query = new URLSearchParams(found[3]);
  const last = query.get('range') ?? '';
  const probe = /^a\/(\d+)\/p\/(\d+)$/.exec(rest);
  if (probe) return toProbe(workspace, Number(probe[1]), Number(probe[2]), { last });
  const agent = /^a\/(\d+)$/.exec(rest);
  if (agent) return toSite(workspace, Number(agent[1]));
  const group = /^groups\/(\d+)$/.exec(rest);
  if (group) return toGroup(workspace, Number(group[1]));
  if (rest === 'groups') return toGroups(workspace);
  if (rest === 'alerts') return toAlerts(workspace);
  if (rest === 'traffic') return toTraffic(workspace, last, query.get('group') ?? '');
  return rest === '' ? toSites(workspace) : null;
}
