/** Probes, their results and charts. `make docs` writes the types of each route that is named here. */

import { addressOf, ask } from '../rest';
import type { NewProbe, ProbePatch, ResultRow } from '../wire';

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

/** Lines of at most 500 points. */
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

export const addProbe = (workspace: number, agentId: number, body: NewProbe) =>
  ask(
    'POST /workspaces/{workspace_id}/agents/{agent_id}/probes',
    { workspace_id: workspace, agent_id: agentId },
    { body },
  );

export const changeProbe = (workspace: number, agentId: number, probe: number, body: ProbePatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}',
    { workspace_id: workspace, agent_id: agentId, probe_id: probe },
    { body },
  );

export const deleteProbe = (workspace: number, agentId: number, probe: number) =>
  ask('DELETE /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}', {
    workspace_id: workspace,
    agent_id: agentId,
    probe_id: probe,
  });

/** As a VIEWER is shown it: without what is secret. */
export const maskedProbe = (workspace: number, agentId: number, probe: number) =>
  ask(
    'GET /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}',
    { workspace_id: workspace, agent_id: agentId, probe_id: probe },
    { query: { masked: true } },
  );

/** Where its results of a part of time are a table: the newest so many of them. */
export const resultsTable = (
  workspace: number,
  probe: number,
  { from, to }: { from: number; to: number },
) =>
  addressOf(
    'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/data',
    { workspace_id: workspace, probe_id: probe },
    { format: 'csv', from: `${Math.floor(from)}`, to: `${Math.ceil(to)}`, limit: 50_000 },
  );

/** A probe, and those of its type that share a target with it. */
export const similarProbes = (workspace: number, probe: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/similar',
    { workspace_id: workspace, probe_id: probe },
    { signal },
  );

/** The newest results of a part of time, newest first. */
export const resultsBetween = async <Payload>(
  workspace: number,
  probe: number,
  of: { type: string; agent: number; from: number; to: number; limit: number },
  signal?: AbortSignal,
) => {
  const path = { workspace_id: workspace, probe_id: probe };
  const route = 'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/data';
  const query = {
    type: of.type,
    agentId: of.agent,
    from: `${Math.floor(of.from)}`,
    to: `${Math.ceil(of.to)}`,
    limit: of.limit,
  };
  return (await ask(route, path, { query, signal })).data as ResultRow<Payload>[];
};
