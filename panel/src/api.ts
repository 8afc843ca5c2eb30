/** REST with the controller. Every failure is an ApiError in words. */

import { clock } from './clock.svelte';
import { session } from './session.svelte';
import type {
  Agent,
  Alert,
  AlertStatus,
  Chart,
  FlowHistory,
  FlowTop,
  Group,
  GroupDelivery,
  GroupFields,
  Listing,
  Probe,
  ResultRow,
  Rule,
  Session,
  WholeGroup,
  Workspace,
} from './wire';

export class ApiError extends Error {
  /** HTTP status; 0 where no answer came at all. */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const PAGE = 200;

export async function logIn(email: string, password: string): Promise<void> {
  const answer = await call<Session>('/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  session.begin(answer.token);
}

export const workspaces = (signal?: AbortSignal) => all<Workspace>('/workspaces', signal);

export const agents = (workspace: number, signal?: AbortSignal) =>
  all<Agent>(`/workspaces/${workspace}/agents`, signal);

/** How often to ask for all agents again, in ms: more than a page of them is dear. */
export const agentsPeriod = (found: readonly Agent[]) => (found.length > PAGE ? 30_000 : 10_000);

export const agent = (workspace: number, id: number, signal?: AbortSignal) =>
  get<Agent>(`/workspaces/${workspace}/agents/${id}`, signal);

export const probes = async (workspace: number, agentId: number, signal?: AbortSignal) =>
  (await get<Listing<Probe>>(`/workspaces/${workspace}/agents/${agentId}/probes`, signal)).data;

/** What an agent last said of its host or its network; null while it said nothing. */
export const facts = <Payload>(
  workspace: number,
  agentId: number,
  what: 'sysinfo' | 'netinfo',
  signal?: AbortSignal,
) => orNull(get<ResultRow<Payload>>(`/workspaces/${workspace}/agents/${agentId}/${what}`, signal));

export const results = async (
  workspace: number,
  probe: number,
  limit: number,
  signal?: AbortSignal,
) => {
  const path = `/workspaces/${workspace}/probe-data/probes/${probe}/data?limit=${limit}`;
  return (await get<Listing<ResultRow>>(path, signal)).data;
};

export const chart = (
  workspace: number,
  probe: number,
  from: number,
  to: number,
  signal?: AbortSignal,
) => {
  const window = `from=${Math.floor(from)}&to=${Math.ceil(to)}&points=500`;
  return get<Chart>(`/workspaces/${workspace}/probe-data/probes/${probe}/chart?${window}`, signal);
};

/** Of a workspace, newest first. */
export const alerts = async (workspace: number, status: AlertStatus | '', signal?: AbortSignal) => {
  const only = status && `&status=${status}`;
  const path = `/workspaces/${workspace}/alerts?limit=${PAGE}${only}`;
  return get<Listing<Alert>>(path, signal);
};

/** How many alerts are active in all workspaces of whoever is logged in. */
export const activeAlerts = async (signal?: AbortSignal) =>
  (await get<{ count: number }>('/workspaces/alerts/count', signal)).count;

export const setAlert = (alert: Alert, status: 'acknowledged' | 'resolved') =>
  send<Alert>('PATCH', `/workspaces/${alert.workspace_id}/alerts/${alert.id}`, { status });

export const rules = async (workspace: number, signal?: AbortSignal) =>
  (await get<Listing<Rule>>(`/workspaces/${workspace}/alert-rules`, signal)).data;

export const setRule = (workspace: number, rule: Rule, enabled: boolean) =>
  send<Rule>('PATCH', `/workspaces/${workspace}/alert-rules/${rule.id}`, { enabled });

/** Traffic `rangeSec` back from now: of all, or of one address group. */
export interface FlowsAsked {
  rangeSec: number;
  group: string;
}

export const flowHistory = (workspace: number, asked: FlowsAsked, signal?: AbortSignal) =>
  get<FlowHistory>(`/workspaces/${workspace}/flows/history?${flowsQuery(asked)}`, signal);

export const flowTop = (
  workspace: number,
  by: string,
  limit: number,
  asked: FlowsAsked,
  signal?: AbortSignal,
) => {
  const query = `by=${by}&limit=${limit}&${flowsQuery(asked)}`;
  return get<FlowTop>(`/workspaces/${workspace}/flows/top?${query}`, signal);
};

function flowsQuery({ rangeSec, group }: FlowsAsked): string {
  const now = Math.floor(clock.now / 1000);
  return `from=${now - rangeSec}&to=${now}${group && `&group=${encodeURIComponent(group)}`}`;
}

const groupsPath = (workspace: number) => `/workspaces/${workspace}/address-groups`;

export const groups = async (workspace: number, signal?: AbortSignal) =>
  (await get<Listing<Group>>(groupsPath(workspace), signal)).data;

export const group = (workspace: number, id: number, signal?: AbortSignal) =>
  get<WholeGroup>(`${groupsPath(workspace)}/${id}`, signal);

/** Of every agent: what it said last. */
export const groupDelivery = async (workspace: number, signal?: AbortSignal) =>
  (await get<Listing<GroupDelivery>>(`${groupsPath(workspace)}/delivery`, signal)).data;

export const addGroup = (workspace: number, fields: GroupFields & { addresses: string[] }) =>
  send<WholeGroup>('POST', groupsPath(workspace), fields);

export const changeGroup = (
  workspace: number,
  id: number,
  changes: Partial<GroupFields> & { add?: string[]; remove?: string[] },
) => send<WholeGroup>('PATCH', `${groupsPath(workspace)}/${id}`, changes);

export const deleteGroup = (workspace: number, id: number) =>
  send<unknown>('DELETE', `${groupsPath(workspace)}/${id}`);

async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const page = await get<Listing<T>>(`${path}?limit=${PAGE}&offset=${found.length}`, signal);
    found.push(...page.data);
    if (page.data.length === 0 || found.length >= (page.total ?? 0)) return found;
  }
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const headers = { Authorization: `Bearer ${session.token}` };
  return call<T>(path, { headers, ...(signal && { signal }) });
}

function send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
  const headers = {
    Authorization: `Bearer ${session.token}`,
    ...(body && { 'Content-Type': 'application/json' }),
  };
  return call<T>(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'The controller cannot be reached.');
  }
  clock.learn(response.headers.get('date'), sentAt, Date.now());
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401 && session.token) {
    session.end('Your session has ended. Please log in again.');
  }
  throw new ApiError(response.status, await words(response));
}

async function words(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: unknown };
    if (typeof body.error === 'string' && body.error) return body.error;
  } catch {
    // A proxy in between answers in HTML; the status says more.
  }
  return `The controller answered ${response.status} ${response.statusText}`.trim() + '.';
}
