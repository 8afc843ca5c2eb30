/** Addresses within the panel: `#/w/1`, `#/w/1/alerts`, `#/w/1/traffic`,
 * `#/w/1/a/10`, `#/w/1/a/10/p/3?range=1h`. */

export type Route =
  | { page: 'home' }
  | { page: 'agents'; workspace: number }
  | { page: 'alerts'; workspace: number }
  | { page: 'traffic'; workspace: number; range: string }
  | { page: 'agent'; workspace: number; agent: number }
  | { page: 'probe'; workspace: number; agent: number; probe: number; range: string };

const ALERTS = /^#\/w\/(\d+)\/alerts\/?$/;
const TRAFFIC = /^#\/w\/(\d+)\/traffic\/?(?:\?(.*))?$/;
const SHAPE = /^#\/w\/(\d+)(?:\/a\/(\d+)(?:\/p\/(\d+))?)?\/?(?:\?(.*))?$/;

export function parse(hash: string): Route {
  const alerts = ALERTS.exec(hash);
  if (alerts) return { page: 'alerts', workspace: Number(alerts[1]) };
  const traffic = TRAFFIC.exec(hash);
  if (traffic) {
    const range = new URLSearchParams(traffic[2]).get('range') ?? '';
    return { page: 'traffic', workspace: Number(traffic[1]), range };
  }
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
export const toTraffic = (workspace: number, range = '') =>
  `${toAgents(workspace)}/traffic${range && `?range=${range}`}`;
export const toAgent = (workspace: number, agent: number) => `${toAgents(workspace)}/a/${agent}`;
export const toProbe = (workspace: number, agent: number, probe: number, range = '') =>
  `${toAgent(workspace, agent)}/p/${probe}${range && `?range=${range}`}`;
