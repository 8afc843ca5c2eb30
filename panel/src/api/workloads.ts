/** Microservices. `make docs` writes the types of each route that is named here. */

import { all, ask, lines } from '../rest';
import type { MicroservicePatch, NewMicroservice } from '../wire';

/** By name, with the agents that are to have each, what is wrong first. */
export const microservices = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/microservices', { workspace_id: workspace }, signal);

const ofOne = (workspace: number, id: number) => ({
  workspace_id: workspace,
  microservice_id: id,
});

/** With its command and environment, for who may see them. */
export const microservice = (workspace: number, id: number, signal?: AbortSignal) =>
  ask('GET /workspaces/{workspace_id}/microservices/{microservice_id}', ofOne(workspace, id), {
    signal,
  });

export const addMicroservice = (workspace: number, body: NewMicroservice) =>
  ask('POST /workspaces/{workspace_id}/microservices', { workspace_id: workspace }, { body });

export const changeMicroservice = (workspace: number, id: number, body: MicroservicePatch) =>
  ask('PATCH /workspaces/{workspace_id}/microservices/{microservice_id}', ofOne(workspace, id), {
    body,
  });

export const deleteMicroservice = (workspace: number, id: number) =>
  ask('DELETE /workspaces/{workspace_id}/microservices/{microservice_id}', ofOne(workspace, id));

/** On all agents that are to have it; of each, why it was not. */
export const restartMicroservice = (workspace: number, id: number, agents: number[] = []) =>
  ask(
    'POST /workspaces/{workspace_id}/microservices/{microservice_id}/restart',
    ofOne(workspace, id),
    { body: { agents } },
  );

/** All agents have the former manifest again. */
export const endRollout = (workspace: number, id: number) =>
  ask(
    'DELETE /workspaces/{workspace_id}/microservices/{microservice_id}/rollout',
    ofOne(workspace, id),
  );

/** A line of a container's log; without `text`: nothing now, or why there is no more. */
export interface LogPiece {
  at?: string | null;
  stream?: 'stdout' | 'stderr';
  text?: string;
  problem?: string;
}

/** The last lines of one agent's container, and those that come, for as long as `signal` lets. */
export const followLogs = (
  workspace: number,
  id: number,
  agent: number,
  heard: (line: LogPiece) => void,
  signal: AbortSignal,
) =>
  lines(
    `/workspaces/${workspace}/microservices/${id}/logs?agent=${agent}&tail=200&follow=true`,
    heard,
    signal,
  );

export const registries = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/registries', { workspace_id: workspace }, signal);
