/** The bodies on the wire, as src/forepost/wire/ spells them; only what the panel reads. */

export interface User {
  id: number;
  email: string;
  name: string;
  role: string;
}

export interface Session {
  token: string;
  data: User;
}

export interface Listing<T> {
  data: T[];
  total?: number;
}

export interface Workspace {
  id: number;
  name: string;
  my_role: 'VIEWER' | 'USER' | 'ADMIN' | 'OWNER';
}

export interface Agent {
  id: number;
  workspace_id: number;
  name: string;
  description: string;
  location: string;
  version: string;
  last_seen_at: string;
  /** Not null while two hosts have its key. */
  identity_conflict?: { since: string; addresses: string[] } | null;
  /** What waits there to be sent; null where it has not said, or is not connected. */
  spool?: AgentSpool | null;
}

export interface AgentSpool {
  pending: number;
  /** Results from before its connection. */
  backlog: number;
  /** Null while it is not known. */
  backlog_left_sec: number | null;
  /** More is measured than the line carries. */
  backlog_grows: boolean;
}

export interface ProbeTarget {
  target: string;
  agent_id: number | null;
}

export interface Probe {
  id: number;
  agent_id: number;
  type: string;
  enabled: boolean;
  interval_sec: number;
  timeout_sec: number;
  count: number;
  targets: ProbeTarget[] | null;
}

export interface ResultRow<Payload = unknown> {
  probe_id: number;
  agent_id: number;
  created_at: string;
  type: string;
  payload: Payload;
  target: string;
  target_agent: number;
}

/** RTTs in ns. `rtts_ns` and `error` come from our own agent only. */
export interface PingPayload {
  packets_sent: number;
  packets_recv: number;
  packet_loss: number;
  addr: string;
  min_rtt: number;
  max_rtt: number;
  avg_rtt: number;
  std_dev_rtt: number;
  rtts_ns?: (number | null)[];
  error?: string;
}

/** One bucket of a chart; RTTs are null where every packet was lost. */
export interface Point {
  time: number;
  count: number;
  rtt_min_ms: number | null;
  rtt_p50_ms: number | null;
  rtt_p95_ms: number | null;
  rtt_max_ms: number | null;
  loss_pct: number | null;
}

export interface Line {
  agent_id: number;
  type: string;
  target: string;
  target_agent: number;
  points: Point[];
}

export interface Chart {
  bucket_sec: number;
  lines: Line[];
}

/** Agents of another make leave parts out, so every part may be missing. */
export interface SysinfoPayload {
  hostInfo?: {
    architecture?: string;
    boot_time?: string;
    name?: string;
    kernel_version?: string;
    os?: { name?: string; version?: string; platform?: string };
  };
  memoryInfo?: { total_bytes?: number; used_bytes?: number; available_bytes?: number };
}

export interface NetinfoPayload {
  local_address?: string;
  default_gateway?: string;
  public_address?: string;
}

export type AlertStatus = 'active' | 'acknowledged' | 'resolved';

export interface Alert {
  id: number;
  alert_rule_id: number;
  rule_name: string;
  workspace_id: number;
  probe_id: number | null;
  agent_id: number | null;
  probe_type: string;
  probe_name: string;
  probe_target: string;
  agent_name: string;
  metric: string;
  severity: 'warning' | 'critical';
  status: AlertStatus;
  message: string;
  triggered_at: string;
  resolved_at: string | null;
  incident_id: number | null;
}

export interface Rule {
  id: number;
  name: string;
  metric: string;
  operator: string;
  threshold: number;
  threshold_type: string;
  severity: 'warning' | 'critical';
  enabled: boolean;
  notify_email: boolean;
  notify_webhook: boolean;
  apprise_urls: string[];
  state: 'ok' | 'degraded' | 'down' | 'unknown';
}

export interface Traffic {
  bytes_in: number;
  bytes_out: number;
  packets_in: number;
  packets_out: number;
  flows: number;
}

export interface FlowSpan {
  start: number;
  end: number;
  step_sec: number;
  total: Traffic;
  /** With a filter: what is known to match; left out without one. */
  matched?: Traffic;
  honesty: {
    reports: number;
    packets: number;
    missed: number;
    refused_packets: number;
    lost: number;
    gap_sec: number;
    uninspected_sec: number;
    drop_rate: number;
    missed_rate: number;
  };
}

export interface FlowPoint {
  time: number;
  bytes_in: number;
  bytes_out: number;
}

export interface FlowHistory extends FlowSpan {
  lines: { name: string; label: string; points: FlowPoint[] }[];
}

export interface FlowTop extends FlowSpan {
  rows: (Traffic & { name: string; label: string })[];
  rest: Traffic | null;
}

/** As a list has it: without its addresses. */
export interface Group {
  id: number;
  name: string;
  description: string;
  count: number;
  /** Empty: all agents of the workspace. */
  agent_ids: number[];
  revision: number;
  updated_at: string;
}

export interface WholeGroup extends Group {
  addresses: string[];
}

export interface GroupFields {
  name: string;
  description: string;
  agent_ids: number[];
}

export interface GroupDelivery {
  agent_id: number;
  connected: boolean;
  takes_groups: boolean;
  current: boolean;
  problems: string[];
}

export type PanelFrame =
  | { type: 'subscribe_ok'; workspace_id: number; probe_id: number }
  | {
      type: 'probe_data';
      workspace_id: number;
      probe_id: number;
      agent_id: number;
      probe_type: string;
      data: ResultRow;
    }
  | { type: 'gap'; dropped: number }
  | { type: 'pong' }
  | { type: 'error'; error: string };
