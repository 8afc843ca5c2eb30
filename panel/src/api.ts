/** What the panel asks of the controller. `make docs` writes the types of each route that is named
 * here (wire.ts). */

import { clock } from './clock.svelte';
import { all, ask, orNull, PAGE } from './rest';
import type { Agent, Alert, FlowTop, Group, GroupPatch, NewGroup, ResultRow, Rule } from './wire';

/** The session comes in a cookie. */
export const beginSession = async (email: string, password: string) =>
  (await ask('POST /auth/login', {}, { body: { email, password, cookie: true } })).data;

export const endSession = () => ask('POST /auth/logout', {});

export const me = () => ask('GET /auth/me', {});

export const workspaces = (signal?: AbortSignal) => all('GET /workspaces', {}, signal);

export const agents = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/agents', { workspace_id: workspace }, signal);

/** How often to ask for all agents again, in ms: more than a page of them is dear. */
export const agentsPeriod = (found: readonly Agent[]) => (found.length > PAGE ? 30_000 : 10_000);

export const agent = (workspace: number, id: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/agents/{agent_id}',
    { workspace_id: workspace, agent_id: id },
    { signal },
  );

export const probes = async (workspace: number, agentId: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace, agent_id: agentId };
  return (await ask('GET /workspaces/{workspace_id}/agents/{agent_id}/probes', path, { signal }))
    .data;
};

/** Of each probe: what the agent makes of it. */
export const probeDelivery = async (workspace: number, agentId: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace, agent_id: agentId };
  const route = 'GET /workspaces/{workspace_id}/agents/{agent_id}/probes/delivery';
  return (await ask(route, path, { signal })).data;
};

/** What an agent of whatever make said: any part of it may be missing. */
export type Parts<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Name in keyof T]?: Parts<T[Name]> }
    : T;

/** What an agent last said of its host; null while it said nothing. */
export const sysinfo = (workspace: number, agentId: number, signal?: AbortSignal) =>
  orNull(
    ask(
      'GET /workspaces/{workspace_id}/agents/{agent_id}/sysinfo',
      { workspace_id: workspace, agent_id: agentId },
      { signal },
    ),
  );

/** What an agent last said of its network; null while it said nothing. */
export const netinfo = (workspace: number, agentId: number, signal?: AbortSignal) =>
  orNull(
    ask(
      'GET /workspaces/{workspace_id}/agents/{agent_id}/netinfo',
      { workspace_id: workspace, agent_id: agentId },
      { signal },
    ),
  );

export const results = async (
  workspace: number,
  probe: number,
  limit: number,
  signal?: AbortSignal,
): Promise<ResultRow[]> => {
  const path = { workspace_id: workspace, probe_id: probe };
  const route = 'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/data';
  return (await ask(route, path, { query: { limit }, signal })).data;
};

export const chart = (
  workspace: number,
  probe: number,
  from: number,
  to: number,
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/chart',
    { workspace_id: workspace, probe_id: probe },
    { query: { from: `${Math.floor(from)}`, to: `${Math.ceil(to)}`, points: 500 }, signal },
  );

/** Of a workspace, newest first. */
export const alerts = (workspace: number, status: Alert['status'] | '', signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/alerts',
    { workspace_id: workspace },
    { query: { limit: PAGE, ...(status && { status }) }, signal },
  );

/** How many alerts are active in all workspaces of whoever is logged in. */
export const activeAlerts = async (signal?: AbortSignal) =>
  (await ask('GET /workspaces/alerts/count', {}, { signal })).count;

export const setAlert = (alert: Alert, status: 'acknowledged' | 'resolved') =>
  ask(
    'PATCH /workspaces/{workspace_id}/alerts/{alert_id}',
    { workspace_id: alert.workspace_id, alert_id: alert.id },
    { body: { status } },
  );

export const rules = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/alert-rules', path, { signal })).data;
};

export const setRule = (workspace: number, rule: Rule, enabled: boolean) =>
  ask(
    'PATCH /workspaces/{workspace_id}/alert-rules/{rule_id}',
    { workspace_id: workspace, rule_id: rule.id },
    { body: { enabled } },
  );

/** Traffic `rangeSec` back from now: of all, or of one address group. */
export interface FlowsAsked {
  rangeSec: number;
  group: string;
}

export const flowHistory = (workspace: number, asked: FlowsAsked, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/flows/history',
    { workspace_id: workspace },
    { query: flowsQuery(asked), signal },
  );

export const flowTop = (
  workspace: number,
  by: FlowTop['by'],
  limit: number,
  asked: FlowsAsked,
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/flows/top',
    { workspace_id: workspace },
    { query: { by, limit, ...flowsQuery(asked) }, signal },
  );

function flowsQuery({ rangeSec, group }: FlowsAsked) {
  const now = Math.floor(clock.now / 1000);
  return { from: `${now - rangeSec}`, to: `${now}`, ...(group && { group }) };
}

/** A group that was asked for by its id: with its addresses. */
export type WholeGroup = Group & Required<Pick<Group, 'addresses'>>;
export type GroupFields = Required<Pick<NewGroup, 'name' | 'description' | 'agent_ids'>>;

export const groups = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/address-groups', path, { signal })).data;
};

export const group = (workspace: number, id: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/address-groups/{group_id}',
    { workspace_id: workspace, group_id: id },
    { signal },
  ) as Promise<WholeGroup>;

/** Of every agent: what it said last. */
export const groupDelivery = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/address-groups/delivery', path, { signal }))
    .data;
};

/** By name, with the agents that are to have each, what is wrong first. */
export const microservices = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/microservices', { workspace_id: workspace }, signal);

/** By name, each with its newest run. */
export const jobs = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/jobs', { workspace_id: workspace }, signal);

/** The newest of what agents told of a folder or a transfer. */
export const jobEvents = async (workspace: number, job: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace, job_id: job };
  const query = { limit: 20 };
  return (await ask('GET /workspaces/{workspace_id}/jobs/{job_id}/events', path, { query, signal }))
    .data;
};

/** Of one job, the newest 20, without output. */
export const runs = async (workspace: number, job: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  const query = { job_id: job, limit: 20 };
  return (await ask('GET /workspaces/{workspace_id}/runs', path, { query, signal })).data;
};

/** With what its scripts wrote. */
export const run = (workspace: number, id: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/runs/{run_id}',
    { workspace_id: workspace, run_id: id },
    { signal },
  );

export const addGroup = (workspace: number, body: NewGroup) =>
  ask('POST /workspaces/{workspace_id}/address-groups', { workspace_id: workspace }, { body });

export const changeGroup = (workspace: number, id: number, body: GroupPatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/address-groups/{group_id}',
    { workspace_id: workspace, group_id: id },
    { body },
  );

export const deleteGroup = (workspace: number, id: number) =>
  ask('DELETE /workspaces/{workspace_id}/address-groups/{group_id}', {
    workspace_id: workspace,
    group_id: id,
  });
