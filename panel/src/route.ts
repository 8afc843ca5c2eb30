/** Addresses within the panel: `#/w/1`, `#/w/1/alerts`, `#/w/1/traffic?group=staff`,
 * `#/w/1/groups`, `#/w/1/groups/5`, `#/w/1/a/10`, `#/w/1/a/10/p/3?range=1h`. */

export type Route =
  | { page: 'home' }
  | { page: 'agents'; workspace: number }
  | { page: 'alerts'; workspace: number }
  | { page: 'traffic'; workspace: number; range: string; group: string }
  | { page: 'groups'; workspace: number }
  | { page: 'group'; workspace: number; group: number }
  | { page: 'agent'; workspace: number; agent: number }
  | { page: 'probe'; workspace: number; agent: number; probe: number; range: string };

const ALERTS = /^#\/w\/(\d+)\/alerts\/?$/;
const TRAFFIC = /^#\/w\/(\d+)\/traffic\/?(?:\?(.*))?$/;
const GROUPS = /^#\/w\/(\d+)\/groups(?:\/(\d+))?\/?$/;
const SHAPE = /^#\/w\/(\d+)(?:\/a\/(\d+)(?:\/p\/(\d+))?)?\/?(?:\?(.*))?$/;

export function parse(hash: string): Route {
  const alerts = ALERTS.exec(hash);
  if (alerts) return { page: 'alerts', workspace: Number(alerts[1]) };
  const traffic = TRAFFIC.exec(hash);
  if (traffic) {
    const query = new URLSearchParams(traffic[2]);
    const [range, group] = [query.get('range') ?? '', query.get('group') ?? ''];
    return { page: 'traffic', workspace: Number(traffic[1]), range, group };
  }
  const groups = GROUPS.exec(hash);
  if (groups?.[2]) return { page: 'group', workspace: Number(groups[1]), group: Number(groups[2]) };
  if (groups) return { page: 'groups', workspace: Number(groups[1]) };
  const found = SHAPE.exec(hash);
  if (!found) return { page: 'home' };
  const [workspace, agent, probe] = [found[1], found[2], found[3]].map(Number);
  if (found[3]) {
    const range = new URLSearchParams(found[4]).get('range') ?? '';
    return { page: 'probe', workspace: workspace!, agent: agent!, probe: probe!, range };
  }
  if (found[2]) return { page: 'agent', workspace: workspace!, agent: agent! };
  return { page: 'agents', workspace: workspace! };
}

export const toAgents = (workspace: number) => `#/w/${workspace}`;
export const toAlerts = (workspace: number) => `${toAgents(workspace)}/alerts`;
export const toTraffic = (workspace: number, range = '', group = '') => {
  const query = new URLSearchParams({ ...(range && { range }), ...(group && { group }) });
  return `${toAgents(workspace)}/traffic${query.size ? `?${query}` : ''}`;
};
export const toGroups = (workspace: number) => `${toAgents(workspace)}/groups`;
export const toGroup = (workspace: number, group: number) => `${toGroups(workspace)}/${group}`;
export const toAgent = (workspace: number, agent: number) => `${toAgents(workspace)}/a/${agent}`;
export const toProbe = (workspace: number, agent: number, probe: number, range = '') =>
  `${toAgent(workspace, agent)}/p/${probe}${range && `?range=${range}`}`;
