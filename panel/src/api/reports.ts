/** Reports of a workspace. `make docs` writes the types of each route that is named here. */

import { addressOf, ask } from '../rest';
import type { NewReport, ReportPatch } from '../wire';

export const reports = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/reports', path, { signal })).data;
};

export const addReport = (workspace: number, body: NewReport) =>
  ask('POST /workspaces/{workspace_id}/reports', { workspace_id: workspace }, { body });

export const changeReport = (workspace: number, report: number, body: ReportPatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/reports/{report_id}',
    { workspace_id: workspace, report_id: report },
    { body },
  );

export const removeReport = (workspace: number, report: number) =>
  ask('DELETE /workspaces/{workspace_id}/reports/{report_id}', {
    workspace_id: workspace,
    report_id: report,
  });

/** Make it now, and mail it. */
export const runReport = (workspace: number, report: number) =>
  ask('POST /workspaces/{workspace_id}/reports/{report_id}/run', {
    workspace_id: workspace,
    report_id: report,
  });

/** Where the page is that would be made now. */
export const reportPage = (workspace: number, report: number, format: 'html' | 'pdf') =>
  addressOf(
    'GET /workspaces/{workspace_id}/reports/{report_id}/download',
    { workspace_id: workspace, report_id: report },
    { format },
  );
