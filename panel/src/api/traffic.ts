/** Flows and the address groups that tag them. `make docs` writes the types of each route that is named here. */

import type { Window } from '../chart/range';
import { ask } from '../rest';
import type { FlowTop, Group, GroupPatch, NewGroup } from '../wire';

/** What traffic is narrowed to; what is empty narrows nothing. */
export interface Narrowed {
  device: string;
  application: string;
  remote: string;
  group: string;
  /** An agent; 0: all of them. */
  site: number;
}

export interface FlowsAsked extends Window, Narrowed {}

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

/** Over time by application: the largest `limit`, and the rest. */
export const flowHistoryByApplication = (
  workspace: number,
  limit: number,
  asked: FlowsAsked,
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/flows/history',
    { workspace_id: workspace },
    { query: { by: 'application', limit, ...flowsQuery(asked) }, signal },
  );

/** The largest conversations: a device, an application, a remote side. */
export const flowTalks = (
  workspace: number,
  limit: number,
  asked: FlowsAsked,
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/flows/talks',
    { workspace_id: workspace },
    { query: { limit, ...flowsQuery(asked) }, signal },
  );

function flowsQuery({ from, to, device, application, remote, group, site }: FlowsAsked) {
  return {
    from: `${from}`,
    to: `${to}`,
    ...(device && { device }),
    ...(application && { application }),
    ...(remote && { remote }),
    ...(group && { group }),
    ...(site && { agentId: site }),
  };
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
