/** Jobs and their runs. `make docs` writes the types of each route that is named here. */

import { all, ask } from '../rest';
import type { JobPatch, NewJob } from '../wire';

/** By name, each with its newest run. */
export const jobs = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/jobs', { workspace_id: workspace }, signal);

const ofJob = (workspace: number, job: number) => ({ workspace_id: workspace, job_id: job });

/** With its scripts, for who may see them. */
export const job = (workspace: number, id: number, signal?: AbortSignal) =>
  ask('GET /workspaces/{workspace_id}/jobs/{job_id}', ofJob(workspace, id), { signal });

export const addJob = (workspace: number, body: NewJob) =>
  ask('POST /workspaces/{workspace_id}/jobs', { workspace_id: workspace }, { body });

export const changeJob = (workspace: number, id: number, body: JobPatch) =>
  ask('PATCH /workspaces/{workspace_id}/jobs/{job_id}', ofJob(workspace, id), { body });

export const deleteJob = (workspace: number, id: number) =>
  ask('DELETE /workspaces/{workspace_id}/jobs/{job_id}', ofJob(workspace, id));

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

/** At all agents of the job, now. */
export const runJob = (workspace: number, job: number) =>
  ask(
    'POST /workspaces/{workspace_id}/jobs/{job_id}/runs',
    { workspace_id: workspace, job_id: job },
    { body: {} },
  );

const ofRun = (workspace: number, run: number) => ({ workspace_id: workspace, run_id: run });

/** Of a run that has ended: what failed once more. */
export const retryRun = (workspace: number, run: number) =>
  ask('POST /workspaces/{workspace_id}/runs/{run_id}/retry', ofRun(workspace, run));

export const pauseRun = (workspace: number, run: number) =>
  ask('POST /workspaces/{workspace_id}/runs/{run_id}/pause', ofRun(workspace, run));

export const resumeRun = (workspace: number, run: number) =>
  ask('POST /workspaces/{workspace_id}/runs/{run_id}/resume', ofRun(workspace, run));

export const cancelRun = (workspace: number, run: number) =>
  ask('POST /workspaces/{workspace_id}/runs/{run_id}/cancel', ofRun(workspace, run));
