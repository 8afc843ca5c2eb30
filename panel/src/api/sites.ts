/** Agents, and what they say of their hosts. `make docs` writes the types of each route that is named here. */

import type { Window } from '../chart/range';
import { all, ask, orNull, PAGE } from '../rest';
import type { Agent, AgentPatch, NewAgent } from '../wire';

export const agents = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/agents', { workspace_id: workspace }, signal);

/** How often to ask for all agents again, in ms: more than a page of them is dear. */
export const agentsPeriod = (found: readonly Agent[]) => (found.length > PAGE ? 30_000 : 10_000);

/** Each with its verdict, its worst probe and a strip of its last day. */
export const sites = (workspace: number, signal?: AbortSignal) =>
  ask('GET /workspaces/{workspace_id}/sites', { workspace_id: workspace }, { signal });

/** Each target of each probe of one agent, with a strip and a course of its last day. */
export const strips = (workspace: number, agentId: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/agents/{agent_id}/strips',
    { workspace_id: workspace, agent_id: agentId },
    { signal },
  );

/** With the PIN by which its host joins. */
export const addAgent = (workspace: number, body: NewAgent) =>
  ask('POST /workspaces/{workspace_id}/agents', { workspace_id: workspace }, { body });

export const agent = (workspace: number, id: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/agents/{agent_id}',
    { workspace_id: workspace, agent_id: id },
    { signal },
  );

/** `place`: where it stands on the map; null: wherever its public address is. What else its metadata
 * say stays. */
export async function changeAgent(
  workspace: number,
  id: number,
  body: AgentPatch,
  place: { latitude: number; longitude: number } | null,
) {
  const { metadata } = await agent(workspace, id);
  const { latitude: _, longitude: __, ...rest } = (metadata ?? {}) as Record<string, unknown>;
  await ask(
    'PATCH /workspaces/{workspace_id}/agents/{agent_id}',
    { workspace_id: workspace, agent_id: id },
    { body: { ...body, metadata: { ...rest, ...place } } },
  );
}

export const deleteAgent = (workspace: number, id: number) =>
  ask('DELETE /workspaces/{workspace_id}/agents/{agent_id}', {
    workspace_id: workspace,
    agent_id: id,
  });

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

/** How its host fared between two times. */
export const hostCourse = (
  workspace: number,
  agentId: number,
  { from, to }: Window,
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/agents/{agent_id}/host-course',
    { workspace_id: workspace, agent_id: agentId },
    { query: { from: `${from}`, to: `${to}` }, signal },
  );
