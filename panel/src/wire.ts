/** Written by tools/write_panel_types.py from the wire: change it there, then `make docs`. */

/** What api/ asks for. */
export interface Routes {
  'DELETE /auth/sessions/{session_id}': {
    path: { session_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/address-groups/{group_id}': {
    path: { workspace_id: number; group_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/agents/{agent_id}': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}': {
    path: { workspace_id: number; agent_id: number; probe_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/agents/{agent_id}/share-links/{link_id}': {
    path: { workspace_id: number; agent_id: number; link_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/alert-rules/{rule_id}': {
    path: { workspace_id: number; rule_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/api-keys/{key_id}': {
    path: { workspace_id: number; key_id: number };
    query: Record<string, never>;
    body: null;
    answer: Ended;
  };
  'DELETE /workspaces/{workspace_id}/channels/{channel_id}': {
    path: { workspace_id: number; channel_id: number };
    query: { force?: boolean };
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/jobs/{job_id}': {
    path: { workspace_id: number; job_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/maintenance-windows/{window_id}': {
    path: { workspace_id: number; window_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/members/{member_id}': {
    path: { workspace_id: number; member_id: number };
    query: Record<string, never>;
    body: null;
    answer: Ended;
  };
  'DELETE /workspaces/{workspace_id}/microservices/{microservice_id}': {
    path: { workspace_id: number; microservice_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/microservices/{microservice_id}/rollout': {
    path: { workspace_id: number; microservice_id: number };
    query: Record<string, never>;
    body: null;
    answer: WorkspaceMicroservice;
  };
  'DELETE /workspaces/{workspace_id}/reports/{report_id}': {
    path: { workspace_id: number; report_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/routes/{route_id}': {
    path: { workspace_id: number; route_id: number };
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'DELETE /workspaces/{workspace_id}/templates/{template_id}': {
    path: { workspace_id: number; template_id: number };
    query: { force?: boolean };
    body: null;
    answer: Done;
  };
  'GET /auth/config': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: AuthConfig;
  };
  'GET /auth/me': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: User;
  };
  'GET /auth/me/second-factor': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: SecondFactorState;
  };
  'GET /auth/sessions': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: ListOf<OpenSession>;
  };
  'GET /installation': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: Installation;
  };
  'GET /invite/{token}': {
    path: { token: string };
    query: Record<string, never>;
    body: null;
    answer: Invitation;
  };
  'GET /lookup/combined': {
    path: Record<string, never>;
    query: { ip: string };
    body: null;
    answer: Combined;
  };
  'GET /share/{token}': {
    path: { token: string };
    query: { password?: string };
    body: null;
    answer: Shared;
  };
  'GET /share/{token}/chart/{probe_id}': {
    path: { token: string; probe_id: number };
    query: { from?: string; password?: string; to?: string; type?: string; tz?: string };
    body: null;
    answer: Chart;
  };
  'GET /share/{token}/info': {
    path: { token: string };
    query: Record<string, never>;
    body: null;
    answer: ShareInfo;
  };
  'GET /share/{token}/probe-data/{probe_id}': {
    path: { token: string; probe_id: number };
    query: { from?: string; limit?: number; password?: string; to?: string; type?: string };
    body: null;
    answer: ListOf<ResultRow>;
  };
  'GET /workspaces': {
    path: Record<string, never>;
    query: { limit?: number; offset?: number; q?: string };
    body: null;
    answer: Page<Workspace>;
  };
  'GET /workspaces/{workspace_id}': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: Workspace;
  };
  'GET /workspaces/{workspace_id}/address-groups': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Group>;
  };
  'GET /workspaces/{workspace_id}/address-groups/delivery': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<GroupDelivery>;
  };
  'GET /workspaces/{workspace_id}/address-groups/{group_id}': {
    path: { workspace_id: number; group_id: number };
    query: Record<string, never>;
    body: null;
    answer: Group;
  };
  'GET /workspaces/{workspace_id}/agents': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number };
    body: null;
    answer: Page<Agent>;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: Agent;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/host-course': {
    path: { workspace_id: number; agent_id: number };
    query: { from?: string; points?: number; to?: string };
    body: null;
    answer: HostCourse;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/netinfo': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: ResultRow;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/probes': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Probe>;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/probes/delivery': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: ProbeDelivery;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}': {
    path: { workspace_id: number; agent_id: number; probe_id: number };
    query: { masked?: boolean };
    body: null;
    answer: Probe;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/strips': {
    path: { workspace_id: number; agent_id: number };
    query: { cells?: number; hours?: number };
    body: null;
    answer: AgentStrips;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/sysinfo': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: ResultRow;
  };
  'GET /workspaces/{workspace_id}/agents/{agent_id}/trials': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Trial>;
  };
  'GET /workspaces/{workspace_id}/alert-rules': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Rule>;
  };
  'GET /workspaces/{workspace_id}/alerts': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      incidentId?: number;
      limit?: number;
      offset?: number;
      probeId?: number;
      ruleId?: number;
      severity?: 'warning' | 'critical';
      since?: string;
      status?: 'active' | 'acknowledged' | 'resolved';
    };
    body: null;
    answer: AlertPage;
  };
  'GET /workspaces/{workspace_id}/alerts/{alert_id}/history': {
    path: { workspace_id: number; alert_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<AlertEvent>;
  };
  'GET /workspaces/{workspace_id}/api-keys': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number };
    body: null;
    answer: Page<ApiKey>;
  };
  'GET /workspaces/{workspace_id}/audit': {
    path: { workspace_id: number };
    query: {
      action?: string;
      from?: string;
      limit?: number;
      offset?: number;
      to?: string;
      userId?: number;
    };
    body: null;
    answer: Page<AuditRow>;
  };
  'GET /workspaces/{workspace_id}/changes': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      cursor?: string;
      from?: string;
      kind?:
        | 'route'
        | 'address'
        | 'certificate'
        | 'version'
        | 'controller'
        | 'alert_began'
        | 'alert_ended'
        | 'rollout_began'
        | 'rollout_ended'
        | 'run_began'
        | 'run_ended';
      limit?: number;
      probeId?: number;
      to?: string;
    };
    body: null;
    answer: ChangePage;
  };
  'GET /workspaces/{workspace_id}/channels': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<NamedChannel>;
  };
  'GET /workspaces/{workspace_id}/connectivity-matrix': {
    path: { workspace_id: number };
    query: { lookback?: number };
    body: null;
    answer: Matrix;
  };
  'GET /workspaces/{workspace_id}/deliveries': {
    path: { workspace_id: number };
    query: {
      alertId?: number;
      channelId?: number;
      limit?: number;
      offset?: number;
      ruleId?: number;
      state?: 'pending' | 'sending' | 'sent' | 'failed' | 'superseded';
    };
    body: null;
    answer: Page<Delivery>;
  };
  'GET /workspaces/{workspace_id}/flows/history': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      application?: string;
      by?: 'total' | 'device' | 'application' | 'remote' | 'group';
      device?: string;
      from?: string;
      group?: string;
      limit?: number;
      remote?: string;
      to?: string;
    };
    body: null;
    answer: FlowHistory;
  };
  'GET /workspaces/{workspace_id}/flows/talks': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      application?: string;
      device?: string;
      from?: string;
      group?: string;
      limit?: number;
      remote?: string;
      to?: string;
    };
    body: null;
    answer: FlowTalks;
  };
  'GET /workspaces/{workspace_id}/flows/top': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      application?: string;
      by?: 'agent' | 'device' | 'application' | 'remote' | 'group';
      device?: string;
      from?: string;
      group?: string;
      limit?: number;
      remote?: string;
      to?: string;
    };
    body: null;
    answer: FlowTop;
  };
  'GET /workspaces/{workspace_id}/health': {
    path: { workspace_id: number };
    query: { brief?: boolean; lookback?: number };
    body: null;
    answer: WorkspaceHealth;
  };
  'GET /workspaces/{workspace_id}/incidents': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number; open?: boolean };
    body: null;
    answer: Page<Incident>;
  };
  'GET /workspaces/{workspace_id}/incidents/{incident_id}': {
    path: { workspace_id: number; incident_id: number };
    query: Record<string, never>;
    body: null;
    answer: Incident;
  };
  'GET /workspaces/{workspace_id}/jobs': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number };
    body: null;
    answer: Page<WorkspaceJob>;
  };
  'GET /workspaces/{workspace_id}/jobs/{job_id}': {
    path: { workspace_id: number; job_id: number };
    query: Record<string, never>;
    body: null;
    answer: WorkspaceJob;
  };
  'GET /workspaces/{workspace_id}/jobs/{job_id}/events': {
    path: { workspace_id: number; job_id: number };
    query: { agent_id?: number; limit?: number; offset?: number; run_id?: number };
    body: null;
    answer: Page<TransferEventRow>;
  };
  'GET /workspaces/{workspace_id}/maintenance-windows': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Window>;
  };
  'GET /workspaces/{workspace_id}/members': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Member>;
  };
  'GET /workspaces/{workspace_id}/microservices': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number };
    body: null;
    answer: Page<WorkspaceMicroservice>;
  };
  'GET /workspaces/{workspace_id}/microservices/{microservice_id}': {
    path: { workspace_id: number; microservice_id: number };
    query: Record<string, never>;
    body: null;
    answer: WorkspaceMicroservice;
  };
  'GET /workspaces/{workspace_id}/probe-data/by-target/data': {
    path: { workspace_id: number };
    query: {
      from?: string;
      latestOnly?: boolean;
      limit?: number;
      target: string;
      to?: string;
      type?: string;
    };
    body: null;
    answer: ByTarget;
  };
  'GET /workspaces/{workspace_id}/probe-data/find': {
    path: { workspace_id: number };
    query: {
      agentId?: number;
      asc?: boolean;
      from?: string;
      limit?: number;
      probeAgentId?: number;
      probeId?: number;
      targetAgent?: number;
      targetPrefix?: string;
      to?: string;
      triggered?: boolean;
      type?: string;
    };
    body: null;
    answer: ListOf<ResultRow>;
  };
  'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/chart': {
    path: { workspace_id: number; probe_id: number };
    query: { from?: string; points?: number; to?: string; type?: string; tz?: string };
    body: null;
    answer: Chart;
  };
  'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/data': {
    path: { workspace_id: number; probe_id: number };
    query: {
      agentId?: number;
      aggregate?: number;
      asc?: boolean;
      format?: 'json' | 'csv';
      from?: string;
      limit?: number;
      to?: string;
      type?: string;
      tz?: string;
    };
    body: null;
    answer: ListOf<ResultRow>;
  };
  'GET /workspaces/{workspace_id}/probe-data/probes/{probe_id}/similar': {
    path: { workspace_id: number; probe_id: number };
    query: { includeSelf?: boolean; latest?: boolean; sameType?: boolean };
    body: null;
    answer: Similar;
  };
  'GET /workspaces/{workspace_id}/registries': {
    path: { workspace_id: number };
    query: { limit?: number; offset?: number };
    body: null;
    answer: Page<ImageRegistry>;
  };
  'GET /workspaces/{workspace_id}/reports': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<KeptReport>;
  };
  'GET /workspaces/{workspace_id}/reports/{report_id}/download': {
    path: { workspace_id: number; report_id: number };
    query: { format?: 'html' | 'pdf'; from?: string; to?: string };
    body: null;
    answer: Blob;
  };
  'GET /workspaces/{workspace_id}/routes': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<NoticeRoute>;
  };
  'GET /workspaces/{workspace_id}/runs': {
    path: { workspace_id: number };
    query: {
      job_id?: number;
      limit?: number;
      offset?: number;
      status?: 'working' | 'finished' | 'error' | 'aborted' | 'paused';
    };
    body: null;
    answer: Page<Run>;
  };
  'GET /workspaces/{workspace_id}/runs/{run_id}': {
    path: { workspace_id: number; run_id: number };
    query: Record<string, never>;
    body: null;
    answer: Run;
  };
  'GET /workspaces/{workspace_id}/share-links': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ShareLinks;
  };
  'GET /workspaces/{workspace_id}/sites': {
    path: { workspace_id: number };
    query: { cells?: number; hours?: number };
    body: null;
    answer: SiteList;
  };
  'GET /workspaces/{workspace_id}/templates': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<NoticeTemplate>;
  };
  'PATCH /workspaces/{workspace_id}': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: WorkspacePatch;
    answer: Workspace;
  };
  'PATCH /workspaces/{workspace_id}/address-groups/{group_id}': {
    path: { workspace_id: number; group_id: number };
    query: Record<string, never>;
    body: GroupPatch;
    answer: Group;
  };
  'PATCH /workspaces/{workspace_id}/agents/{agent_id}': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: AgentPatch;
    answer: Agent;
  };
  'PATCH /workspaces/{workspace_id}/agents/{agent_id}/probes/{probe_id}': {
    path: { workspace_id: number; agent_id: number; probe_id: number };
    query: Record<string, never>;
    body: ProbePatch;
    answer: Probe;
  };
  'PATCH /workspaces/{workspace_id}/alert-rules/{rule_id}': {
    path: { workspace_id: number; rule_id: number };
    query: Record<string, never>;
    body: RulePatch;
    answer: Rule;
  };
  'PATCH /workspaces/{workspace_id}/alerts/{alert_id}': {
    path: { workspace_id: number; alert_id: number };
    query: Record<string, never>;
    body: AlertPatch;
    answer: Alert;
  };
  'PATCH /workspaces/{workspace_id}/channels/{channel_id}': {
    path: { workspace_id: number; channel_id: number };
    query: Record<string, never>;
    body: ChannelPatch;
    answer: NamedChannel;
  };
  'PATCH /workspaces/{workspace_id}/jobs/{job_id}': {
    path: { workspace_id: number; job_id: number };
    query: Record<string, never>;
    body: JobPatch;
    answer: WorkspaceJob;
  };
  'PATCH /workspaces/{workspace_id}/maintenance-windows/{window_id}': {
    path: { workspace_id: number; window_id: number };
    query: Record<string, never>;
    body: WindowPatch;
    answer: Window;
  };
  'PATCH /workspaces/{workspace_id}/members/{member_id}': {
    path: { workspace_id: number; member_id: number };
    query: Record<string, never>;
    body: MemberPatch;
    answer: Member;
  };
  'PATCH /workspaces/{workspace_id}/microservices/{microservice_id}': {
    path: { workspace_id: number; microservice_id: number };
    query: Record<string, never>;
    body: MicroservicePatch;
    answer: WorkspaceMicroservice;
  };
  'PATCH /workspaces/{workspace_id}/reports/{report_id}': {
    path: { workspace_id: number; report_id: number };
    query: Record<string, never>;
    body: ReportPatch;
    answer: KeptReport;
  };
  'PATCH /workspaces/{workspace_id}/routes/{route_id}': {
    path: { workspace_id: number; route_id: number };
    query: Record<string, never>;
    body: RoutePatch;
    answer: NoticeRoute;
  };
  'PATCH /workspaces/{workspace_id}/templates/{template_id}': {
    path: { workspace_id: number; template_id: number };
    query: Record<string, never>;
    body: TemplatePatch;
    answer: NoticeTemplate;
  };
  'POST /auth/login': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Login;
    answer: Session;
  };
  'POST /auth/logout': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: Done;
  };
  'POST /auth/lost-password': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: LostPassword;
    answer: Done;
  };
  'POST /auth/me/second-factor': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: YourPassword;
    answer: NewSecondFactor;
  };
  'POST /auth/me/second-factor/confirm': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: SecondFactorCode;
    answer: RecoveryCodes;
  };
  'POST /auth/me/second-factor/disable': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: SecondFactorEnd;
    answer: Done;
  };
  'POST /auth/resend-verification': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: null;
    answer: MailOutcome;
  };
  'POST /auth/reset-password': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PasswordReset;
    answer: Done;
  };
  'POST /auth/verify-email': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: AddressProof;
    answer: MailOutcome;
  };
  'POST /invite/{token}/accept': {
    path: { token: string };
    query: Record<string, never>;
    body: null;
    answer: Member;
  };
  'POST /invite/{token}/complete': {
    path: { token: string };
    query: Record<string, never>;
    body: CompleteInvite;
    answer: Joined;
  };
  'POST /workspaces/{workspace_id}/address-groups': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewGroup;
    answer: Group;
  };
  'POST /workspaces/{workspace_id}/agents': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewAgent;
    answer: AgentWithPin;
  };
  'POST /workspaces/{workspace_id}/agents/{agent_id}/probes': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: NewProbe;
    answer: Probe;
  };
  'POST /workspaces/{workspace_id}/agents/{agent_id}/share-links': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: NewShareLink;
    answer: NewShareLinkMade;
  };
  'POST /workspaces/{workspace_id}/agents/{agent_id}/trials': {
    path: { workspace_id: number; agent_id: number };
    query: Record<string, never>;
    body: NewTrial;
    answer: Trial;
  };
  'POST /workspaces/{workspace_id}/alert-rules': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewRule;
    answer: Rule;
  };
  'POST /workspaces/{workspace_id}/alert-rules/preview': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewRule;
    answer: RulePreview;
  };
  'POST /workspaces/{workspace_id}/alerts/{alert_id}/mute': {
    path: { workspace_id: number; alert_id: number };
    query: Record<string, never>;
    body: Mute;
    answer: Window;
  };
  'POST /workspaces/{workspace_id}/api-keys': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewApiKey;
    answer: ApiKeyWithSecret;
  };
  'POST /workspaces/{workspace_id}/channels': {
    path: { workspace_id: number };
    query: { test?: boolean };
    body: NewChannel;
    answer: NamedChannel;
  };
  'POST /workspaces/{workspace_id}/channels/{channel_id}/test': {
    path: { workspace_id: number; channel_id: number };
    query: Record<string, never>;
    body: null;
    answer: ListOf<Delivery>;
  };
  'POST /workspaces/{workspace_id}/deliveries/{delivery_id}/retry': {
    path: { workspace_id: number; delivery_id: number };
    query: Record<string, never>;
    body: null;
    answer: Delivery;
  };
  'POST /workspaces/{workspace_id}/jobs': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewJob;
    answer: WorkspaceJob;
  };
  'POST /workspaces/{workspace_id}/jobs/{job_id}/runs': {
    path: { workspace_id: number; job_id: number };
    query: Record<string, never>;
    body: NewRun | null;
    answer: BegunRun;
  };
  'POST /workspaces/{workspace_id}/maintenance-windows': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewWindow;
    answer: Window;
  };
  'POST /workspaces/{workspace_id}/members': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewMember;
    answer: Member;
  };
  'POST /workspaces/{workspace_id}/microservices': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewMicroservice;
    answer: WorkspaceMicroservice;
  };
  'POST /workspaces/{workspace_id}/microservices/{microservice_id}/restart': {
    path: { workspace_id: number; microservice_id: number };
    query: Record<string, never>;
    body: RestartRequest | null;
    answer: ListOf<AgentRestart>;
  };
  'POST /workspaces/{workspace_id}/reports': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewReport;
    answer: KeptReport;
  };
  'POST /workspaces/{workspace_id}/reports/{report_id}/run': {
    path: { workspace_id: number; report_id: number };
    query: Record<string, never>;
    body: null;
    answer: KeptReport;
  };
  'POST /workspaces/{workspace_id}/routes': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewRoute;
    answer: NoticeRoute;
  };
  'POST /workspaces/{workspace_id}/routes/preview': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: RouteQuestion;
    answer: RoutePreview;
  };
  'POST /workspaces/{workspace_id}/runs/{run_id}/cancel': {
    path: { workspace_id: number; run_id: number };
    query: Record<string, never>;
    body: null;
    answer: Run;
  };
  'POST /workspaces/{workspace_id}/runs/{run_id}/pause': {
    path: { workspace_id: number; run_id: number };
    query: Record<string, never>;
    body: null;
    answer: Run;
  };
  'POST /workspaces/{workspace_id}/runs/{run_id}/resume': {
    path: { workspace_id: number; run_id: number };
    query: Record<string, never>;
    body: null;
    answer: Run;
  };
  'POST /workspaces/{workspace_id}/runs/{run_id}/retry': {
    path: { workspace_id: number; run_id: number };
    query: Record<string, never>;
    body: null;
    answer: Run;
  };
  'POST /workspaces/{workspace_id}/templates': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: NewTemplate;
    answer: NoticeTemplate;
  };
  'POST /workspaces/{workspace_id}/templates/preview': {
    path: { workspace_id: number };
    query: Record<string, never>;
    body: TemplateQuestion;
    answer: TemplatePreview;
  };
  'PUT /auth/me/password': {
    path: Record<string, never>;
    query: Record<string, never>;
    body: PasswordChange;
    answer: PasswordChanged;
  };
}

export type PanelSaid = Ping | Subscribe | Unsubscribe;

export type PanelFrame =
  | AgentUpdate
  | AlertUpdate
  | Gap
  | NetworkMapUpdate
  | Pong
  | ProbeData
  | Refused
  | SpeedtestUpdate
  | Subscribed
  | Unsubscribed;

export interface AddressProof {
  /** Of the mail. */
  token: string;
}

/** The agent object. `last_seen_at` is 0001-01-01T00:00:00Z for one never seen. */
export interface Agent {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  name: string;
  description: string;
  location: string;
  public_ip_override: string;
  version: string;
  last_seen_at: string;
  initialized: boolean;
  labels: Record<string, unknown>;
  metadata: Record<string, unknown>;
  trafficsim_enabled: boolean;
  trafficsim_host: string;
  trafficsim_port: number;
  is_global: boolean;
  bidirectional_default: boolean;
  external_id: string;
  /** How its clock stands to the controller's; null where it has not said. */
  clock: AgentClock | null;
  /** Not null while two hosts have its key. */
  identity_conflict: IdentityConflict | null;
  /** What waits there to be sent; null where it has not said, or is not connected. */
  spool: AgentSpool | null;
  /** What it has sent since 00:00 UTC, or since the controller started. */
  bytes_today: number;
  /** By which other agents know it in jobs; empty where it has not said, or has no jobs. */
  deviceid: string;
  /** Set on the agent itself. */
  tags: Tag[];
}

/** The same as the controller shows it. */
export interface AgentClock extends ClockReading {
  /** Wrong for certain by a second or more; times of results are corrected all the same. */
  skewed: boolean;
  told_at: string;
}

export interface AgentHealth {
  id: number;
  name: string;
  status: 'online' | 'offline' | 'unknown';
  last_seen_at: string | null;
  /** Of the site: its own probes, and those of others towards it. */
  verdict: HealthVerdict;
  probes: ProbeHealth[];
}

/** One microservice on one agent. */
export interface AgentMicroservice {
  agent_id: number;
  state: 'current' | 'waiting' | 'refused';
  /** Why it is not current; "" where it is. */
  reason: string;
  /** It waits, as what was tried is no good: failed, stuck in restart, or unhealthy. */
  failing: boolean;
  /** What the agent said last of it; null where it said nothing. */
  status: MicroserviceStatus | null;
  said_at: string | null;
}

export interface AgentPatch {
  name?: string;
  description?: string;
  location?: string;
  public_ip_override?: string;
  trafficsim_enabled?: boolean;
  trafficsim_host?: string;
  trafficsim_port?: number;
  external_id?: string;
  labels?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

export interface AgentRestart {
  agent_id: number;
  /** Why it was not restarted there; "" where it was. */
  problem: string;
}

/** The same as the controller shows it. */
export interface AgentSpool extends SpoolStatus {
  told_at: string;
}

export interface AgentStrips {
  data: LineStrip[];
  hours: number;
  cell_sec: number;
  cells_from: string;
  generated_at: string;
  is_whole: boolean;
}

/** An agent is new, is gone, or is called otherwise or heard from (or not) unlike before. */
export interface AgentUpdate {
  type: 'agent_update';
  workspace_id: number;
  agent_id: number;
  event: 'added' | 'changed' | 'removed';
  name: string;
  status: 'online' | 'offline' | 'unknown';
  last_seen_at: string | null;
  /** Two hosts have its key; the agent object says which. */
  identity_conflict?: true;
}

export interface AgentWithPin {
  agent: Agent;
  pin: string;
}

/** `metric`, `value` and `threshold` are those of the condition that was true. */
export interface Alert {
  id: number;
  created_at: string;
  updated_at: string;
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
  value: number | null;
  threshold: number | null;
  severity: 'warning' | 'critical';
  status: 'active' | 'acknowledged' | 'resolved';
  message: string;
  triggered_at: string;
  resolved_at: string | null;
  acknowledged_at: string | null;
  /** Who did first; with an API key, who made it. */
  acknowledged_by: number | null;
  incident_id: number | null;
  ended:
    | ''
    | 'recovered'
    | 'by_hand'
    | 'rule_changed'
    | 'rule_disabled'
    | 'rule_deleted'
    | 'probe_gone'
    | 'target_gone'
    | 'agent_gone';
  /** False while its agent is away: whether it is still so is not known. */
  is_known: boolean;
  /** Of now, or of its end; null: not known. */
  last_value: number | null;
  worst_value: number | null;
  /** An e-mail address, or "key: " and the name of an API key; as it was then. */
  acknowledged_name: string;
  /** From then on it counts as not acknowledged; null: it stays so. */
  acknowledged_until: string | null;
  escalated_at: string | null;
  /** The alert that explains it: nobody is told of this one while that one is open. */
  symptom_of: number | null;
  /** It was over before the controller knew of it: its results came late. */
  is_replayed: boolean;
}

/** One thing that happened to an alert. What a `what` does not have is empty. */
export interface AlertEvent {
  at: string;
  /**
   * returned: an acknowledgement was taken back. expired: it ended by itself. suppressed: the alert
   * did not get worse, as a maintenance window was on. resolved: by somebody.
   */
  what:
    | 'opened'
    | 'worse'
    | 'eased'
    | 'suppressed'
    | 'told'
    | 'escalated'
    | 'acknowledged'
    | 'returned'
    | 'expired'
    | 'muted'
    | 'unmuted'
    | 'resolved'
    | 'ended';
  /** Who did it: an e-mail address, or "key: " and the name of an API key; as it was then. */
  name: string;
  /** What they wrote; of opened, worse and eased what was so. */
  note: string;
  /** acknowledged, muted: how long. */
  until: string | null;
  /** told: that it triggered, grew, resolved, is a reminder, … */
  event: string;
  /** told: to whom, as every member may see it. */
  channel: string;
  /** told: what became of it. */
  state: 'pending' | 'sending' | 'sent' | 'failed' | 'superseded' | null;
  /** suppressed: by which maintenance window. */
  window_id: number | null;
  ended:
    | ''
    | 'recovered'
    | 'by_hand'
    | 'rule_changed'
    | 'rule_disabled'
    | 'rule_deleted'
    | 'probe_gone'
    | 'target_gone'
    | 'agent_gone';
}

export interface AlertPage {
  data: Alert[];
  total: number;
  limit: number;
  offset: number;
  /** Where `since` was given: what to go on with, for alerts that change later. */
  next: string;
}

/**
 * `active` takes an acknowledgement back. Several people may acknowledge an alert, each with a
 * note; the first is named by the alert, and the newest says how long it holds.
 */
export interface AlertPatch {
  status: 'acknowledged' | 'resolved' | 'active';
  note?: string;
  /** acknowledged: for so long; none: until the alert is over. */
  minutes?: number | null;
}

/** An alert opened, was changed (acknowledged, worse), or is over. */
export interface AlertUpdate {
  type: 'alert_update';
  workspace_id: number;
  event: 'opened' | 'changed' | 'resolved';
  alert: Alert;
}

export interface ApiKey {
  id: number;
  workspace_id: number;
  name: string;
  role: 'VIEWER' | 'USER' | 'ADMIN';
  scopes: string[];
  /** The account in whose name it acts. */
  created_by: number;
  expires_at: string | null;
  /** Exact to about a minute. */
  last_used_at: string | null;
  last_address: string;
  created_at: string;
  updated_at: string;
}

/** The only answer that shows the secret: `fpk_<id>_<43 characters>`. */
export interface ApiKeyWithSecret {
  api_key: ApiKey;
  secret: string;
}

export interface AskedTexts extends TemplateTexts {}

export interface Asn {
  number?: number;
  organization?: string;
}

/** One request that changed something, or a login or PIN that was refused. */
export interface AuditRow {
  id: number;
  at: string;
  workspace_id: number | null;
  user_id: number | null;
  api_key_id: number | null;
  agent_id: number | null;
  /** The person's e-mail address, the key's name or the agent's, as it was then. */
  actor: string;
  action: string;
  object_kind: string;
  object_id: number | null;
  address: string;
  status: number;
  /** What it was about beyond its object, such as the hashes of a job's scripts. */
  detail: string;
}

/** What a panel must know before anybody has logged in. */
export interface AuthConfig {
  registration_enabled: boolean;
  email_verification_required: boolean;
  /** A lost password can be replaced by a link in a mail. */
  password_reset_enabled: boolean;
}

/** In a part of the week, in the local time of the agent; the last that fits counts. */
export interface BandwidthWindow {
  /** 0 is Sunday; none: every day. */
  days?: number[];
  /** Seconds since midnight. */
  begin?: number;
  /** Before `begin`: of the next day. */
  end?: number;
  /** -1: no limit. 0: nothing. */
  down_kib_per_sec?: number;
  up_kib_per_sec?: number;
}

export interface BegunRun {
  id: number;
}

/** Results of one probe for a target: `rows`, or with `latestOnly` the newest. */
export interface Bundle {
  probe_id: number;
  rows?: ResultRow[];
  latest?: ResultRow | null;
}

export interface ByTarget {
  target: string;
  probeIds: number[];
  bundles: Bundle[];
}

export interface CertificateInfo {
  /** As RFC 4514, the most specific part first: CN=…,O=…,C=…. */
  subject: string;
  issuer: string;
  not_before: string | null;
  not_after: string | null;
  /**
   * Whole days, rounded down: -1 from the first second after it. Null, as of all dates: it cannot
   * be read.
   */
  days_until_expiry: number | null;
  /** Names and addresses. */
  sans?: string[];
  /** In hex. This and what follows: ours. */
  serial?: string;
  /** RSA, EC secp256r1, Ed25519, ...; the OID of one that is not known. */
  key?: string;
  key_bits?: number;
  /** sha256_rsa, sha384_ecdsa, ed25519, ...; the OID of one that is not known. */
  signature?: string;
  /** Fields that are not as they have to be. */
  unreadable?: string[];
}

export interface ChainCertificate {
  subject: string;
  issuer: string;
  not_before: string | null;
  not_after: string | null;
  days_until_expiry: number | null;
  issuer_org?: string;
  /** SHA-256, hex. */
  fingerprint: string;
  /** In hex. This and what follows: ours. */
  serial?: string;
  /** RSA, EC secp256r1, Ed25519, ...; the OID of one that is not known. */
  key?: string;
  key_bits?: number;
  /** sha256_rsa, sha384_ecdsa, ed25519, ...; the OID of one that is not known. */
  signature?: string;
  /** Fields that are not as they have to be. */
  unreadable?: string[];
}

export interface ChangePage {
  /** The newest first. */
  data: RecordedChange[];
  /** What `cursor` is for the page after; null: there is none. */
  next: string | null;
}

/**
 * What became of the newest notice of a channel; of several receivers, of the one that is worst
 * off.
 */
export interface ChannelOutcome {
  state: 'pending' | 'sending' | 'sent' | 'failed' | 'superseded';
  /** When it arrived, else when it was written. */
  at: string;
  error: string;
}

/**
 * Body of `PATCH .../channels/{id}`; what is left out stays. A value of `headers` that is `***`
 * stays, too. A channel's kind is for life.
 */
export interface ChannelPatch {
  name?: string;
  url?: string;
  addresses?: string[];
  secret?: string;
  headers?: Record<string, string>;
  timezone?: string;
  template_id?: number | null;
  enabled?: boolean;
  external_id?: string;
}

export interface Chart {
  bucket_sec: number;
  /** Of the oldest result that is kept of all lines; null where there is none. */
  history_since: string | null;
  /**
   * What was received before counts by rounds: the mean of their losses, their medians. Null:
   * everything counts by packets.
   */
  by_packets_since: string | null;
  lines: Line[];
}

export interface City {
  name?: string;
  /** State or region: its ISO code where the database has one, else its name. */
  subdivision?: string;
}

/** What an agent knows of its own wall clock at one moment. */
export interface ClockReading {
  /** The controller's clock less the agent's; null: no controller was asked since the start. */
  offset_ms?: number | null;
  /** The true offset is within so much of it, either way. */
  bound_ms?: number | null;
  /** How far somebody has set the agent's clock since it started, all steps together. */
  stepped_ms?: number;
  /** How long the machine has slept since then. */
  suspended_sec?: number;
}

export interface Combined {
  ip: string;
  /** Only where one was asked for. */
  hostname?: string;
  geoip?: Geo;
  whois?: Whois;
  /** Whether no registry was asked for this answer. */
  cached: boolean;
  cache_time?: string;
  errors?: PartErrors;
}

/** Body of `POST /invite/{token}/complete`: an account for the invited address. */
export interface CompleteInvite {
  name?: string;
  password: string;
}

export interface Coordinates {
  latitude: number;
  longitude: number;
  /** In kilometres. */
  accuracy_radius?: number;
}

export interface Country {
  /** ISO 3166-1, two letters. */
  code?: string;
  name?: string;
}

/** Percent of the time of all processors together. */
export interface CpuShares {
  user: number;
  system: number;
  idle: number;
  iowait: number;
  irq: number;
  nice: number;
  soft_irq: number;
  steal: number;
}

/** ns since boot; a reader takes the difference of two samples. Zero values are left out. */
export interface CpuTimes {
  user?: number;
  system?: number;
  idle?: number;
  iowait?: number;
  irq?: number;
  nice?: number;
  soft_irq?: number;
  steal?: number;
}

/** A file from which look-ups are answered. */
export interface DataSource {
  /** `lookups.geoip_city` */
  setting: string;
  /** `missing`: none is named. */
  state: 'loaded' | 'missing' | 'failed';
  /** What the file says it is. */
  type: string;
  built_at: string | null;
  entries: number | null;
  /** Why it is not loaded. */
  reason: string;
}

export interface DeliveredProbe {
  /** 0: every agent gets this one. */
  probe_id: number;
  /** Of an AGENT probe, one row for each type that it stands for. */
  type: string;
  state: 'running' | 'refused' | 'waiting' | 'unknown';
  /** Why it is refused, in the agent's words. */
  reason: string;
}

/**
 * A line of the log of what was sent. Nothing in it is secret. `state` "sending" is also that of
 * one whose controller died with it: it is sent again when a controller starts.
 */
export interface Delivery {
  id: number;
  workspace_id: number;
  alert_id: number | null;
  rule_id: number | null;
  /** The named channel. */
  channel_id: number | null;
  event: string;
  kind: string;
  /** Without credentials, query and whatever looks like a key. */
  destination: string;
  state: 'pending' | 'sending' | 'sent' | 'failed' | 'superseded';
  attempts: number;
  next_at: string | null;
  /** Of HTTP. */
  last_status: number | null;
  last_error: string;
  /** What was not as it was to be: a template that failed, so that the usual words were sent. */
  note: string;
  created_at: string;
  sent_at: string | null;
}

export interface Derived {
  kind: 'api-key' | 'pin' | 'share-link' | 'invitation' | 'agent' | 'member' | 'account';
  id: number;
  /** The key's own; the agent's of a PIN or link; the address of an invitation or member. */
  name: string;
  /** Of a key, an invitation or a member: what it gives at most. */
  role?: 'VIEWER' | 'USER' | 'ADMIN' | 'OWNER';
}

export interface DiskCourse {
  mount: string;
  used_pct: (number | null)[];
}

export interface DiskIo {
  name: string;
  read_bytes_per_sec?: number | null;
  written_bytes_per_sec?: number | null;
  reads_per_sec?: number | null;
  writes_per_sec?: number | null;
  /** Of the time that at least one request was under way. */
  busy_pct?: number | null;
}

/** A file system on a disk. */
export interface DiskUse {
  mount: string;
  device: string;
  fstype: string;
  total_bytes: number;
  used_bytes: number;
  /** For users without privilege. */
  free_bytes: number;
  used_pct: number;
  inodes_used_pct?: number | null;
}

export interface DnsAnswer {
  name: string;
  type: string;
  /** As a zone file has it; the strings of a TXT joined, without quotes (RFC 7208, 3.3). */
  value: string;
  ttl: number;
  /**
   * Of a TXT that has several, or bytes that are no plain text: each string as it is on the wire,
   * with \DDD for such bytes. Ours.
   */
  strings?: string[];
}

/** One question. An answer of any code is an answer; without one `response_code` is ERROR. */
export interface DnsResult {
  /** Whom we asked, with the port or as a URL. */
  dns_server: string;
  record_type: string;
  /**
   * From sending the question to having the whole answer; over TCP and TLS without connecting. 0
   * where there is no answer.
   */
  query_time_ms?: number;
  response_code?: string;
  /** 200 at most. */
  answers?: DnsAnswer[];
  /** The whole message as text, cut at 16,384 characters. */
  raw_response?: string;
  /** Why there is no answer, or in what it is not as expected. */
  error?: string;
  protocol: string;
  target: string;
  /** This and what follows: ours. */
  start_timestamp: string;
  stop_timestamp: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  /** Connecting and the TLS handshake, where there is one. */
  connect_ms?: number;
  /** The answer over UDP was cut off; `query_time_ms` is of both. */
  retried_over_tcp?: boolean;
  authoritative?: boolean;
  /** The server says that it has checked DNSSEC (AD). */
  authenticated?: boolean;
  recursion_available?: boolean;
  /** Messages that came but were no answer to this question: a wrong id, name or form. */
  ignored?: number;
  /**
   * How the server met EDNS (silence: for half of the time), before it was asked again without.
   * `query_time_ms` is of the second question alone.
   */
  edns_refused?: '' | 'FORMERR' | 'NOTIMP' | 'silence';
  /** Null: nothing is expected, or there is no answer. */
  as_expected?: boolean | null;
  /** Of several, each one, in the order of the options; all above is of the worst. */
  servers?: DnsServerResult[];
}

/** What one of several servers answered. */
export interface DnsServerResult {
  dns_server: string;
  remote_addr?: string;
  query_time_ms?: number;
  connect_ms?: number;
  response_code?: string;
  /** Of the asked type, sorted; 20 at most. */
  values?: string[];
  error?: string;
  edns_refused?: '' | 'FORMERR' | 'NOTIMP' | 'silence';
}

export interface Done {
  ok: boolean;
}

/** It is done; what ended with it, and what that person made goes on. */
export interface Ended {
  ok: boolean;
  ended?: Derived[];
  kept?: Derived[];
}

export interface FlowHistory extends FlowSpan {
  by: 'total' | 'device' | 'application' | 'remote' | 'group';
  /** The largest of the range, the largest first. */
  lines: FlowLine[];
  /** Exactly what the lines leave out of each step. null of groups and of the total. */
  rest: FlowPoint[] | null;
}

/** What agents did and did not see in the range, summed over their reports. */
export interface FlowHonesty {
  /** One a minute of each agent; one more where an agent was started anew. */
  reports: number;
  /** That the interfaces showed. */
  packets: number;
  bytes: number;
  /** Neither IPv4 nor IPv6, or malformed: in no flow. */
  other_packets: number;
  other_bytes: number;
  /** Counted, but inspection did not see them. */
  missed: number;
  /** In no flow: the agent had no room for it. */
  refused_packets: number;
  refused_bytes: number;
  /** Lost before they could be counted. */
  lost: number;
  /** How long no meter was counting. */
  gap_sec: number;
  uninspected_sec: number;
  /** Share of all packets (0 to 1) that are in no flow for want of room: refused and lost. */
  drop_rate: number;
  /** Share of counted packets that inspection did not see: their names may be wanting. */
  missed_rate: number;
}

export interface FlowLine {
  /** "" of the total. */
  name: string;
  label: string;
  /** A point for each step that was reported, 0 where this one had no traffic. */
  points: FlowPoint[];
}

/** One step. No point: no agent reported (a gap). */
export interface FlowPoint {
  time: number;
  bytes_in: number;
  bytes_out: number;
}

/** What an answer covers: whole steps, so it may be a little more than was asked for. */
export interface FlowSpan {
  /** Unix seconds. */
  start: number;
  /** Not included. */
  end: number;
  /** The finest that the answer is made of: 60, 3600 or 86400. */
  step_sec: number;
  /** All traffic of the range, exact. `flows` is summed over the minutes in which a flow lived. */
  total: Traffic;
  /** What is known to be what was asked for. Left out without a filter: it is the total. */
  matched?: Traffic;
  /** With a filter: what fell out of the lists that this is made of, and may match or not. */
  unknown: Traffic;
  honesty: FlowHonesty;
}

export interface FlowTalks extends FlowSpan {
  rows: Talk[];
  /** Exactly what `rows` leave out of `matched`, else of `total`. */
  rest: Traffic;
}

export interface FlowTop extends FlowSpan {
  by: 'agent' | 'device' | 'application' | 'remote' | 'group';
  /** The largest by bytes. Of an agent: `name` its number, `label` its name. */
  rows: Named[];
  /**
   * Exactly what `rows` leave out of `matched`, else of `total`. null of groups: a flow may be in
   * several, or in none.
   */
  rest: Traffic | null;
}

/** What became of a run at an agent before it was tried again. */
export interface FormerAttempt {
  attempt: number;
  state:
    'queued' | 'delivered' | 'started' | 'finished' | 'error' | 'interrupted' | 'lost' | 'canceled';
  reason: string;
  exit_code: number | null;
  started_at: string | null;
  ended_at: string | null;
}

/** A client that was too slow: `dropped` live frames are missing here; REST has them all. */
export interface Gap {
  type: 'gap';
  dropped: number;
}

/** What the databases know of an address; what they do not know is left out. */
export interface Geo {
  ip?: string;
  city?: City;
  country?: Country;
  asn?: Asn;
  coordinates?: Coordinates;
  cached?: boolean;
  /** In a list: why there is nothing. */
  error?: string;
}

export interface Group {
  id: number;
  workspace_id: number;
  name: string;
  description: string;
  /** How many addresses it has. */
  count: number;
  /** Canonical, each once; left out of lists. */
  addresses?: string[];
  /** Empty: all. An agent that was deleted stays named: the group of such alone goes to nobody. */
  agent_ids: number[];
  external_id: string;
  /** Higher after every change. */
  revision: number;
  created_at: string;
  updated_at: string;
}

/** What one agent makes of the groups of its workspace: what it said last, if it is away. */
export interface GroupDelivery {
  agent_id: number;
  connected: boolean;
  /** It meters traffic, or answers on the socket. Not true of an agent that was never here. */
  takes_groups: boolean;
  /** It has said that it uses the groups as they are now. */
  current: boolean;
  problems: string[];
}

/** `addresses` replaces all; `add` and `remove` change some of them, in this order. */
export interface GroupPatch {
  name?: string;
  description?: string;
  addresses?: string[];
  add?: string[];
  remove?: string[];
  /** May keep those that the group names and that were deleted since. */
  agent_ids?: number[];
  external_id?: string;
}

export interface GrpcResult extends ServiceResult {
  /** SERVING, NOT_SERVING, SERVICE_UNKNOWN, UNKNOWN. */
  serving_status?: string;
  /** Of the call: 0 for OK. */
  grpc_status?: number | null;
}

/** Times in seconds. */
export interface HealthCheck {
  /** A command and its arguments; empty: the image's own check counts, if it has one. */
  test?: string[];
  interval?: number;
  timeout?: number;
  retries?: number;
  /**
   * After a replacement: how long the new one may take to be healthy, or where there is no check
   * how long it has to run.
   */
  window?: number;
}

export interface HealthCounts {
  agents: Record<string, number>;
  probes: Record<string, number>;
  /** Lines of results that found no room in RAM since the start; theirs is unknown. */
  not_tracked: number;
}

/** How a site or a workspace is, now, in one word and in one sentence. */
export interface HealthVerdict {
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  reason: string;
  /** When it became so; null: not known. */
  since: string | null;
}

/**
 * What SYSINFO results of an agent say, the oldest first. Of disks, interfaces and sensors there
 * are the eight with the highest figures.
 */
export interface HostCourse {
  /** Of so many seconds the newest result stands for all. */
  step_sec: number;
  /** Unix seconds. */
  times: number[];
  /** Of all processors: busy. Of an agent that says times alone, since the moment before. */
  cpu_pct: (number | null)[];
  memory_pct: (number | null)[];
  swap_pct: (number | null)[];
  /** Of one minute. */
  load: (number | null)[];
  disks: DiskCourse[];
  nics: NicCourse[];
  sensors: SensorCourse[];
}

export interface HostInfo {
  architecture: string;
  boot_time: string;
  containerized?: boolean | null;
  name: string;
  /** Addresses with prefix length. */
  ip?: string[];
  kernel_version: string;
  mac?: string[];
  os: OsInfo;
  timezone: string;
  timezone_offset_sec: number;
  id?: string;
}

/**
 * From one time of day up to another, not included, by the clocks of a place. Where `to` is not
 * after `from` they end on the next day, which is a whole day where both are the same. A time that
 * a clock shows twice in autumn is in them both times; one that is left out in spring is left out.
 */
export interface Hours {
  timezone?: string;
  /** On which days they begin; none: on all. */
  weekdays?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  from: string;
  to: string;
}

/**
 * One request. Times in ms; those of parts that were not reached are 0. With redirects the parts
 * are those of the last request, and `total_ms` is of all of them.
 */
export interface HttpResult {
  start_timestamp: string;
  stop_timestamp: string;
  dns_lookup_ms?: number;
  tcp_connect_ms?: number;
  tls_handshake_ms?: number;
  /** From the start of the probe. */
  first_byte_ms?: number;
  total_ms?: number;
  url: string;
  status_code?: number;
  /** With the code: "200 OK". */
  status_text?: string;
  /** The first of each name; 100 at most, values cut at 1,000 characters. */
  headers?: Record<string, string>;
  /** Bytes read, without content codings; reading ends at 1 MiB. */
  body_size?: number;
  content_type?: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  /** "HTTP/1.1", "HTTP/2.0". */
  protocol?: string;
  tls_version?: string;
  tls_cipher_suite?: string;
  certificate_info?: CertificateInfo | null;
  content_match?: boolean;
  /** NetWatcher's; always empty: results have more readers than what a probe expects. */
  content_match_found?: string;
  /** What went wrong and in which part; also a status or a content that was not expected. */
  error?: string;
  /** Where the last request went. This and what follows: ours. */
  final_url?: string;
  redirects?: number;
  /** There was more than 1 MiB. */
  body_truncated?: boolean;
  /** Bytes read as they came, with content codings. */
  transfer_size?: number;
  content_encoding?: string;
  /** What `json_path` led to, as JSON, cut at 1,000 characters. */
  json_found?: string;
  /** When the first certificate of the chain ends, as the server sent it. */
  earliest_not_after?: string | null;
  earliest_days_until_expiry?: number | null;
  /** Whether the server asked for a client certificate, and did nothing without one. */
  client_certificate?: '' | 'asked' | 'required';
  /** Addresses of the name that were tried before and did not answer, with their reasons. */
  missed_addrs?: string[];
}

/** Two hosts speak with the key of one agent, as a copied machine does. */
export interface IdentityConflict {
  since: string;
  /** Where both came from when it was noticed; one address twice where they share it. */
  addresses: string[];
}

/** A registry as it is shown. Its password is not: `has_password` says whether there is one. */
export interface ImageRegistry {
  id: number;
  workspace_id: number;
  name: string;
  url: string;
  username: string;
  has_password: boolean;
  external_id: string;
  revision: number;
  created_at: string;
  updated_at: string;
}

/**
 * Alerts that belong together: they began together and have an agent, a site, a target or what they
 * depend on in common.
 */
export interface Incident {
  id: number;
  workspace_id: number;
  title: string;
  /** What all of it has in common. "rule": one rule raises so many that they are one incident. */
  scope: 'agent' | 'target' | 'site' | 'rule' | 'workspace';
  agent_id: number | null;
  target: string;
  site: string;
  /** The worst that it was. */
  severity: 'warning' | 'critical';
  opened_at: string;
  resolved_at: string | null;
  /** How many have joined it. */
  alerts: number;
  open_alerts: number;
  cause:
    '' | 'controller_link' | 'agent_gone' | 'site_unreachable' | 'parent' | 'gateway' | 'resolver';
  cause_text: string;
  /** Since when that is over, though the incident is not. */
  cause_ended_at: string | null;
  /** When it began again, the last time: what comes back within ten minutes goes on. */
  reopened_at: string | null;
}

export interface Installation {
  version: string;
  data_dir: string;
  database: 'sqlite' | 'postgresql';
  listen: string[];
  /** With which links in mails and notices start; empty: there are none in them. */
  public_url: string;
  /** Whether a mail server is named. */
  mail: boolean;
  kept: KeptDays[];
  sources: DataSource[];
  whois: 'whois' | 'rdap' | 'off';
  /** Of `forepost backup`; null: none was made of this folder, as far as it knows. */
  last_backup: LastBackup | null;
}

/** What the holder of its token may know of an invitation. */
export interface Invitation {
  workspace_id: number;
  workspace_name: string;
  email: string;
  role: 'VIEWER' | 'USER' | 'ADMIN' | 'OWNER';
  expires_at: string;
  /**
   * Whether the address has an account (with a token that was mailed: one that is proven): then it
   * is accepted by logging in.
   */
  has_account: boolean;
}

export interface JobAgent extends JobMember {
  agent_id: number;
}

/** What a job is wherever it is written. */
export interface JobBase {
  name: string;
  type: 'folder' | 'distribution' | 'consolidation' | 'script';
  /** Of jobs of the type `script`. */
  script?: JobScript | null;
  triggers?: JobTriggers;
  /** None: it runs when somebody begins it. A folder is kept in step at all times. */
  schedule?: JobSchedule | null;
  /** The highest of an agent's downloads goes first, equal ones at a time. */
  priority?: number;
  transfer?: TransferSettings;
}

/** All agents that have all of these labels and tags, now and later. */
export interface JobGroup extends JobMember {
  labels: Record<string, string | boolean | number>;
  tags: Record<string, string>;
}

export interface JobMember {
  permission: 'rw' | 'ro';
  path: string;
}

/** Who is told of runs that have ended. */
export interface JobNotices {
  on: ('finished' | 'error' | 'aborted')[];
  /** The members of the workspace who are no VIEWERs. */
  email: boolean;
  webhook_url: string;
  /** Never shown. Empty in a change: as it was, where the URL is. */
  webhook_secret: string;
  apprise_urls: string[];
  /** Named channels, beside those. */
  channel_ids: number[];
}

/**
 * Body of `PATCH .../jobs/ID`: each field that is named is replaced as a whole. Runs of transfers
 * and scripts that have begun go on as they began; a folder follows at once.
 */
export interface JobPatch {
  name?: string;
  /** A job has its type for life. */
  type?: 'folder' | 'distribution' | 'consolidation' | 'script';
  script?: JobScript;
  triggers?: JobTriggers;
  schedule?: JobSchedule | null;
  priority?: number;
  transfer?: TransferSettings;
  agents?: JobAgent[];
  groups?: JobGroup[];
  when_offline?: 'queue' | 'skip' | 'fail';
  ttl_sec?: number;
  notices?: JobNotices | null;
  external_id?: string;
}

/** When a job runs by itself, in the local time of each agent. */
export interface JobSchedule {
  type: 'once' | 'minutes' | 'hourly' | 'daily' | 'weekly';
  /** Every so many minutes (at least 5), hours or days. */
  every?: number;
  /** `daily`, `weekly`: seconds since midnight; none: midnight. */
  at?: number[];
  /** `weekly`: 0 is Sunday. */
  days?: number[];
  /** Unix seconds. `once`: when it runs. Otherwise: not before. */
  start?: number;
  /** Unix seconds, not after; 0: for ever. */
  finish?: number;
  /** Whether a run is left out while the one before is still under way; otherwise it follows. */
  skip_if_running?: boolean;
}

/** What is executed. Parameters are never put into it: they are in its environment. */
export interface JobScript {
  /** A list: a program and its arguments. A text: a script, which `shell` reads from a file. */
  command: string | string[];
  shell?: string;
  /** Everything that it started is ended then. */
  timeout_sec?: number;
  /** A user of the host; empty: the site's usual one for scripts. */
  user?: string;
  env?: Record<string, string>;
  /** Whether it is run again where the agent ended in the middle of it. */
  again?: boolean;
}

/** Scripts around a transfer. */
export interface JobTriggers {
  /** At sources, before the folder is read. */
  pre_indexing?: JobScript | null;
  /** At each destination, when it has everything. */
  post_download?: JobScript | null;
  /** At every agent, when all have everything. */
  complete?: JobScript | null;
}

/** A new account, logged in, that is a member of the workspace it was invited to. */
export interface Joined {
  token: string;
  user: User;
  member: Member;
  workspace_id: number;
}

export interface KeptDays {
  /** `data.retention_days` */
  setting: string;
  days: number;
}

export interface KeptReport extends NewReport {
  id: number;
  workspace_id: number;
  /** When it is made next; null: not by itself. */
  due_at: string | null;
  last_run_at: string | null;
  /** Why the last one was not made or not mailed. */
  last_error: string;
  created_at: string;
  updated_at: string;
}

/** A target of a probe as an answer had it. */
export interface KnownTarget {
  target?: string;
  agent_id?: number | null;
}

export interface LastBackup {
  made_at: string;
  /** Of the files in it. */
  bytes: number;
}

export interface LatestOf {
  probe_id: number;
  latest: ResultRow | null;
}

/** One curve: one target as seen by one agent. */
export interface Line {
  agent_id: number;
  type: string;
  target: string;
  target_agent: number;
  /** Of the oldest result that is kept of it, whatever `from` is. */
  history_since: string | null;
  points: Point[];
}

/** One target of one probe, or what an agent says of itself. */
export interface LineStrip {
  probe_id: number;
  type: string;
  target: string;
  target_agent: number;
  /** Of the probe. */
  verdict: HealthVerdict;
  strip: StateStrip;
  /** The newest. */
  figure: ShownFigure | null;
  /** The figure of its type, mean of each cell (RTT: the middle one). */
  spark: (number | null)[];
  unit: string;
  last_at: string | null;
  age_sec: number | null;
}

/** A list that is always whole. */
export interface ListOf<T> {
  data: T[];
}

export interface LogBounds {
  max_kb?: number;
  files?: number;
}

export interface Login {
  email: string;
  password: string;
  /** Of the second factor, where the account has one: six digits, or a recovery code. */
  code?: string;
  /** Keep the session in a cookie: for the panel's own page. */
  cookie?: boolean;
}

export interface LostPassword {
  email: string;
}

export interface MailOutcome {
  success: boolean;
  message: string;
}

/** One direction; the way back is an edge of its own. Figures: of reaching `target`. */
export interface MapEdge {
  id: string;
  source: string;
  target: string;
  avg_latency: number | null;
  packet_loss: number | null;
  path_count: number;
  path_ids: string[];
}

/** An agent, a router on the way, or a place that is measured towards. */
export interface MapNode {
  id: string;
  type: 'agent' | 'hop' | 'destination';
  label: string;
  agent_id: number;
  ip: string;
  hostname: string;
  /** The least number of hops after which it is met; 0 for agents and destinations. */
  hop_number: number;
  avg_latency: number | null;
  packet_loss: number | null;
  path_count: number;
  /** Of an agent: heard from in the last 90 s. Of others: something got there. */
  is_online: boolean;
  /** 0: agents; 1 and more: hops; 100: destinations. */
  layer: number;
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  /** Agents whose paths meet here. */
  shared_agents: number[];
  path_ids: string[];
}

export interface Matrix {
  source_agents: SourceAgent[];
  target_labels: TargetLabel[];
  entries: MatrixEntry[];
  generated_at: string;
  workspace_id: number;
}

export interface MatrixEntry {
  source_agent_id: number;
  source_agent_name: string;
  target_id: string;
  target_name: string;
  target_type: 'agent' | 'destination';
  probe_status: ProbeStatus[];
}

/** `accepted_at` null: invited, and not yet a member; `user_id` is 0 then. */
export interface Member {
  id: number;
  workspace_id: number;
  user_id: number;
  email: string;
  name: string;
  role: 'VIEWER' | 'USER' | 'ADMIN' | 'OWNER';
  meta: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  invited_at: string | null;
  accepted_at: string | null;
  invite_expires_at: string | null;
  invite_email_sent?: boolean;
  /** Of a new invitation that was not mailed, shown this once: what its link ends with. */
  invite_token?: string;
  /** Only where the role was changed: what the member made and could not make any more. */
  ended?: Derived[];
  kept?: Derived[];
}

export interface MemberPatch {
  role: 'VIEWER' | 'USER' | 'ADMIN';
}

export interface MemoryInfo {
  total_bytes: number;
  used_bytes: number;
  available_bytes: number;
  free_bytes: number;
  virtual_total_bytes: number;
  virtual_used_bytes: number;
  virtual_free_bytes: number;
  raw?: Record<string, number>;
}

/**
 * Body of `PATCH .../microservices/ID`: fields that are replaced. What a field may be is what it
 * may be in `NewMicroservice`: the manifest is checked as a whole.
 */
export interface MicroservicePatch {
  name?: string;
  image?: string;
  registry?: string;
  cmd?: string[];
  env?: Record<string, string>;
  ports?: PortMapping[];
  volumes?: VolumeMapping[];
  extra_hosts?: string[];
  network?: string;
  user?: string;
  limits?: WorkloadLimits;
  health?: HealthCheck;
  cap_add?: string[];
  cap_drop?: string[];
  privileged?: boolean;
  read_only?: boolean;
  stop_sec?: number;
  log?: LogBounds;
  config?: string | Record<string, unknown> | null;
  update?: UpdateRules;
  routes?: string[];
  agents?: number[];
  labels?: Record<string, string | boolean | number>;
  rollout?: RolloutRule | null;
  external_id?: string;
}

export interface MicroserviceStatus {
  uuid: string;
  name: string;
  image: string;
  wanted_by: 'controller' | 'folder' | 'iofog' | '';
  state:
    | 'QUEUED'
    | 'PULLING'
    | 'CREATING'
    | 'STARTING'
    | 'RUNNING'
    | 'UPDATING'
    | 'RESTARTING'
    | 'STUCK_IN_RESTART'
    | 'STOPPING'
    | 'STOPPED'
    | 'DELETING'
    | 'FAILED'
    | 'UNKNOWN';
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** The fingerprint of its manifest; "" where it is no longer wanted. */
  wanted: string;
  /** The fingerprint that its container was made of; "" where nothing of it runs. */
  running: string;
  /**
   * This site, or this host, will not run what is wanted; `problem` says why. An older one may go
   * on.
   */
  refused: boolean;
  problem: string;
  container_id: string;
  started_at: string | null;
  /** Ends within the last ten minutes. */
  restarts: number;
  /** Of a pull. */
  percent: number;
  cpu_percent: number | null;
  memory_bytes: number | null;
}

export interface MqttResult extends ServiceResult {
  /** Of the CONNACK: 0 for accepted. */
  return_code?: number | null;
  /** Of the topic, until the one that is expected. */
  messages?: number;
}

/**
 * Times in ms and the loss in %, as strings with two decimals, as NetWatcher writes them; the times
 * are "0.00" where nothing came back.
 */
export interface MtrHop {
  ttl: number;
  /** Nobody where the hop was silent, several where there are parallel ways. */
  hosts: MtrHost[];
  /** What routers added to their answers: MPLS labels. */
  extensions: string[];
  loss_pct: string;
  sent: number;
  last: string;
  recv: number;
  avg: string;
  best: string;
  worst: string;
  stddev: string;
  /** Answers that came after their timeout; they are in `recv`. Ours, as what follows. */
  late?: number;
  duplicates?: number;
  /** In the order of sending; null for what was lost. */
  rtts_ns?: (number | null)[];
  /** !H, !N, !X ..., as traceroute writes it: what `refuser` said instead of passing it on. */
  refusal?: string;
  refuser?: string;
}

export interface MtrHost {
  ip: string;
  hostname?: string;
  /**
   * Of the autonomous system that the address is in; absent where the controller's databases do not
   * say. Ours, as the next.
   */
  asn?: number;
  as_org?: string;
}

export interface MtrInfo {
  /** `hostname`: the target as the probe has it. */
  target: MtrHost;
}

export interface MtrReport {
  info: MtrInfo;
  /** One at least: where nothing could be measured, one to which nothing was sent. */
  hops: MtrHop[];
}

export interface MtrResult {
  start_timestamp: string;
  stop_timestamp: string;
  report: MtrReport;
  /** Ours, as what follows. */
  protocol?: string;
  reached?: boolean;
  /** The same for what may be the same way as before, silent hops and parallel ways apart. */
  fingerprint?: string;
  /** By flow: who answered at each hop, "" for silence. Only where several flows were used. */
  paths?: string[][];
  /** Why nothing could be measured, or why the target was not reached where somebody said so. */
  error?: string;
}

/** Body of `POST .../alerts/{id}/mute`: nothing opens for so long on what the alert is about. */
export interface Mute {
  minutes?: number;
  reason?: string;
}

export interface Named extends Traffic {
  /**
   * Of a device its address; of an application its name; of a remote side the name that it was
   * asked for, or its prefix (/24, /48); of a group its name.
   */
  name: string;
  /** Of a device its MAC address where it is a neighbour. */
  label: string;
}

/** A channel as it is shown. Values of headers are `***`; only an ADMIN is shown whole URLs. */
export interface NamedChannel {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  name: string;
  kind: 'webhook' | 'email' | 'apprise';
  url: string;
  addresses: string[];
  has_secret: boolean;
  headers: Record<string, string>;
  timezone: string;
  template_id: number | null;
  enabled: boolean;
  external_id: string;
  standing: 'untried' | 'ok' | 'failing' | 'disabled';
  /** As long as the log of deliveries has it. */
  last_test: ChannelOutcome | null;
  /** The same of what is no test. */
  last_delivery: ChannelOutcome | null;
}

export interface NetinfoResult {
  local_address?: string;
  default_gateway?: string;
  public_address?: string;
  interfaces: NetworkInterface[];
  routes: Route[];
  /**
   * `city`, `region`, `country`, `country_code`, `latitude`, `longitude`, `asn`, `asn_org`, `isp`,
   * `reverse_dns`: what the controller knows of them.
   */
  geo: Record<string, unknown>;
  internet_provider?: string;
  lat?: string;
  long?: string;
  source: string;
  timestamp: string;
}

export interface NetworkInterface {
  name: string;
  index: number;
  type: 'loopback' | 'ethernet' | 'wireless' | 'vpn' | 'bridge' | 'unknown';
  mac?: string;
  mtu: number;
  flags: string[];
  /** Addresses with prefix length. */
  ipv4?: string[];
  ipv6?: string[];
  gateway?: string;
  is_default: boolean;
}

/** A node, an edge or the status of a node changed: all of the map as it is now. */
export interface NetworkMapUpdate {
  type: 'network_map_update';
  workspace_id: number;
  nodes: MapNode[];
  edges: MapEdge[];
  generated_at: string;
}

export interface NewAgent {
  name: string;
  description?: string;
  location?: string;
  public_ip_override?: string;
  version?: string;
  pinLength?: number;
  pinTTLSeconds?: number;
  trafficsim_enabled?: boolean;
  trafficsim_host?: string;
  trafficsim_port?: number;
  external_id?: string;
  labels?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

export interface NewApiKey {
  name: string;
  role?: 'VIEWER' | 'USER' | 'ADMIN';
  /** Subjects (the tags of the API's routes); none: all of them. */
  scopes?: string[];
  expires_at?: string | null;
}

/** Body of `POST .../channels`. */
export interface NewChannel {
  name: string;
  kind: 'webhook' | 'email' | 'apprise';
  /** Of a webhook, or of Apprise. */
  url?: string;
  /** Of e-mail. */
  addresses?: string[];
  /** Signs a webhook. Written, and never read. */
  secret?: string;
  /** Of a webhook, besides the usual ones. Their values are written, and never read. */
  headers?: Record<string, string>;
  timezone?: string;
  template_id?: number | null;
  enabled?: boolean;
  external_id?: string;
}

export interface NewGroup {
  name: string;
  description?: string;
  addresses?: string[];
  /** Which agents are to have it; empty: all of the workspace. */
  agent_ids?: number[];
  external_id?: string;
}

/** Body of `POST .../jobs`: a job, and which agents have it with which right and where. */
export interface NewJob extends JobBase {
  agents?: JobAgent[];
  /** An agent that is named in `agents` too has what stands there; of groups the first counts. */
  groups?: JobGroup[];
  when_offline?: 'queue' | 'skip' | 'fail';
  /** How long a run waits for an agent that is away. */
  ttl_sec?: number;
  notices?: JobNotices | null;
  external_id?: string;
}

/** Body of `POST .../members`: whom to invite, by e-mail or, who shares a workspace, by id. */
export interface NewMember {
  userId?: number;
  email?: string;
  role?: 'VIEWER' | 'USER' | 'ADMIN';
  meta?: Record<string, unknown>;
}

/**
 * Body of `POST .../microservices`: a manifest, and for which agents it is. Neither agents nor
 * labels: it waits until there are some.
 */
export interface NewMicroservice extends WorkloadSpec {
  agents?: number[];
  labels?: Record<string, string | boolean | number>;
  rollout?: RolloutRule | null;
  external_id?: string;
}

/** Body of `POST .../probes`. Workspace and agent come from the path. */
export interface NewProbe {
  type:
    | 'AGENT'
    | 'DNS'
    | 'GRPC'
    | 'HTTP'
    | 'MQTT'
    | 'MTR'
    | 'NETINFO'
    | 'NTP'
    | 'PING'
    | 'REDIS'
    | 'RPERF'
    | 'SMTP'
    | 'SNMP'
    | 'SPEEDTEST'
    | 'SPEEDTEST_SERVERS'
    | 'SSH'
    | 'SYSINFO'
    | 'TCP'
    | 'TLS'
    | 'TRAFFICSIM'
    | 'UDP'
    | 'WEB'
    | 'WEBSOCKET';
  workspace_id?: number;
  agent_id?: number;
  enabled?: boolean;
  interval_sec?: number;
  /** 0: the usual one for the interval. */
  timeout_sec?: number;
  count?: number;
  duration_sec?: number;
  server?: boolean;
  bind_interface?: string;
  targets?: string[];
  agent_targets?: number[];
  bidirectional?: boolean;
  external_id?: string;
  labels?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/**
 * Body of `POST .../reports`. One that repeats is about the whole days from the time before until
 * the day on which it is made: the day, the week, or the month before. `days` counts for one that
 * does not.
 */
export interface NewReport {
  name: string;
  description: string;
  kind: 'workspace' | 'agent' | 'voice';
  /** Which agents; none: all of the workspace. */
  agent_ids: number[];
  days: number;
  repeats: 'never' | 'daily' | 'weekly' | 'monthly';
  timezone: string;
  /** By the clocks of `timezone`. */
  hour: number;
  /** weekly. */
  weekday: 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
  /** monthly. */
  day_of_month: number;
  /** What is mailed. */
  format: 'html' | 'pdf';
  /** Addresses of members of the workspace who are USER or more. */
  recipients: string[];
  enabled: boolean;
}

/** Body of `POST .../routes`. */
export interface NewRoute {
  name: string;
  /** From 1; those from there on are one further. Null: the last. */
  position?: number | null;
  match?: RouteMatch;
  /** When alerts take it; null: always. */
  hours?: Hours | null;
  channel_ids?: number[];
  /** Also for alerts of rules that tell somebody by themselves. */
  also?: boolean;
  /** Where it matches, routes after it are not asked. */
  stop?: boolean;
  enabled?: boolean;
  external_id?: string;
}

/** Body of `POST .../alert-rules`. No probe and no agent: all of the workspace. */
export interface NewRule {
  name: string;
  description?: string;
  probe_id?: number | null;
  /** The agent that reports. */
  agent_id?: number | null;
  metric:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting';
  operator: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq';
  threshold: number;
  severity?: 'warning' | 'critical';
  enabled?: boolean;
  threshold_type?: 'static' | 'dynamic_stddev' | 'dynamic_percentile';
  baseline_window_days?: number;
  stddev_multiplier?: number;
  /** A dynamic_stddev rule is critical from here on, whatever its severity. */
  stddev_multiplier_critical?: number;
  percentile?: number;
  metric2?:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting'
    | null;
  operator2?: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq' | null;
  threshold2?: number | null;
  logical_op?: 'AND' | 'OR' | null;
  for_count?: number;
  /** Raised when the condition held in `for_count` of the last `of_count` samples. */
  of_count?: number;
  /** An open alert stays until the value is back on this side; none: the threshold itself. */
  recovery_threshold?: number | null;
  /** Raised also when a probe that should report is silent for so long; 0: never. */
  no_data_sec?: number;
  notify_panel?: boolean;
  notify_email?: boolean;
  notify_webhook?: boolean;
  webhook_url?: string;
  webhook_secret?: string;
  apprise_urls?: string[];
  /** Named channels that are told, besides. */
  channel_ids?: number[];
  cooldown_minutes?: number;
  maintenance_window_id?: number | null;
  /** Only then an alert opens; what is open goes on. None: always. */
  active_hours?: Hours[];
  /** What opens then is told when they end, and only if it is open still. */
  quiet_hours?: Hours[];
  /** Whether critical alerts wait, too. */
  quiet_critical?: boolean;
  /**
   * Told again so long after its beginning, with growing pauses, while it is open and nobody
   * acknowledges it; 0: never.
   */
  remind_minutes?: number;
  /** Told to others, too, when it is open for so long and nobody acknowledges it; 0: never. */
  escalate_after_minutes?: number;
  escalate_channel_ids?: number[];
  escalate_apprise_urls?: string[];
  /**
   * A dynamic threshold compares with what was usual at this hour of the day, or of the week, by
   * the clocks of `timezone`.
   */
  baseline_by?: 'none' | 'hour' | 'weekday_hour';
  timezone?: string;
  tells?: 'incidents' | 'alerts';
  /** From here on a warning of a static threshold is critical. */
  critical_threshold?: number | null;
  /** A name of the caller's own, once in a workspace. */
  external_id?: string;
}

/** Body of `POST .../jobs/ID/runs`. */
export interface NewRun {
  /** Of the job's agents; empty: all. */
  agent_ids?: number[];
  /** Each agent begins at a moment of its own within so many seconds. */
  jitter_sec?: number;
  /** Of scripts: at so many agents at a time, at the next when one has ended; 0: all. */
  concurrency?: number;
}

/** Shown once. It does not count until a code of it is confirmed. */
export interface NewSecondFactor {
  /** Base32, to be typed. */
  secret: string;
  /** The same for a QR code. */
  otpauth_url: string;
}

export interface NewShareLink {
  expires_in_seconds?: number;
  /** Empty: the link alone is enough. */
  password?: string;
  /** The only one that is shown; null: all of the agent and those towards it. */
  probe_id?: number | null;
  /** With `shown_to` the part of time that is shown, and nothing after it: a snapshot. */
  shown_from?: string | null;
  shown_to?: string | null;
}

export interface NewShareLinkMade {
  share_link: ShareLink;
  token: string;
}

/** Body of `POST .../templates`. */
export interface NewTemplate extends TemplateTexts {
  name: string;
  external_id?: string;
}

/** Body of `POST .../trials`: the same fields as those of a probe. */
export interface NewTrial {
  type:
    | 'DNS'
    | 'GRPC'
    | 'HTTP'
    | 'MQTT'
    | 'MTR'
    | 'NETINFO'
    | 'NTP'
    | 'PING'
    | 'REDIS'
    | 'SMTP'
    | 'SNMP'
    | 'SSH'
    | 'SYSINFO'
    | 'TCP'
    | 'TLS'
    | 'TRAFFICSIM'
    | 'UDP'
    | 'WEBSOCKET';
  target?: string;
  /** 0: 4 of PING and MTR, else the usual one of its type. */
  count?: number;
  timeout_sec?: number;
  bind_interface?: string;
  metadata?: Record<string, unknown>;
}

/**
 * Body of `POST .../maintenance-windows`. Neither agents nor probes: all of the workspace. An agent
 * that is named is silent with all that others measure towards it.
 */
export interface NewWindow {
  name: string;
  starts_at: string;
  ends_at: string;
  recurrence?: 'none' | 'daily' | 'weekly' | 'monthly';
  /**
   * 2: every second day, week or month, counted from that of `starts_at` (iCalendar's INTERVAL);
   * weeks begin on Mondays. Months: 12 at most.
   */
  every?: number;
  timezone?: string;
  /**
   * daily: only on these. weekly: on these; none: on that of `starts_at`. monthly, with
   * `week_of_month`: on the first, second … of these.
   */
  weekdays?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** monthly: -1 is the last; none: that of `starts_at`. A month without that day is left out. */
  day_of_month?: number | null;
  /** monthly: 1 to 5, or -1 for the last of `weekdays`. */
  week_of_month?: number | null;
  /** No repetition begins from then on. */
  until?: string | null;
  /** It silences nothing until this is false again. */
  paused?: boolean;
  reason?: string;
  agent_ids?: number[];
  probe_ids?: number[];
  /** A name of the caller's own, once in a workspace. */
  external_id?: string;
}

export interface NicCourse {
  name: string;
  rx_bytes_per_sec: (number | null)[];
  tx_bytes_per_sec: (number | null)[];
}

/** Errors and drops are counts within the interval. */
export interface NicTraffic {
  name: string;
  rx_bytes_per_sec?: number | null;
  tx_bytes_per_sec?: number | null;
  rx_packets_per_sec?: number | null;
  tx_packets_per_sec?: number | null;
  rx_errors?: number | null;
  tx_errors?: number | null;
  rx_drops?: number | null;
  tx_drops?: number | null;
}

export interface NoticeRoute {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  position: number;
  name: string;
  match: RouteMatch;
  hours: Hours | null;
  channel_ids: number[];
  also: boolean;
  stop: boolean;
  enabled: boolean;
  external_id: string;
}

export interface NoticeTemplate {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  name: string;
  title: string;
  text: string;
  webhook_body: string;
  external_id: string;
}

/** One request (RFC 5905). Times in ms; null where there was no answer. */
export interface NtpResult {
  start_timestamp: string;
  stop_timestamp: string;
  target: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  dns_lookup_ms?: number;
  /** From request to answer, without what the server took (delay). */
  rtt_ms?: number | null;
  /** What the server's clock is ahead of the agent's. */
  offset_ms?: number | null;
  /** How wrong the agent's own clock may be; null where nobody told its kernel. */
  agent_clock_error_ms?: number | null;
  stratum?: number | null;
  /** What the server goes by: GPS, an address, ... */
  reference?: string;
  /** none, insert, delete; "unsynchronised": the server does not know the time. */
  leap?: string;
  root_delay_ms?: number | null;
  root_dispersion_ms?: number | null;
  precision_ms?: number | null;
  /** What went wrong, and in which part; also a clock that is not as it should be. */
  error?: string;
}

/** One login of the caller's that has not ended. */
export interface OpenSession {
  id: number;
  created_at: string;
  expires_at: string;
  /** Exact to about a minute. */
  last_used_at: string;
  /** Seen last. */
  address: string;
  user_agent: string;
  /** It is the session of this very request. */
  current: boolean;
}

export interface OsInfo {
  type?: string;
  family?: string;
  platform?: string;
  name?: string;
  version?: string;
  major?: number;
  minor?: number;
  patch?: number;
  build?: string;
  codename?: string;
}

/** A part of a list. `total`: how many there are in all. */
export interface Page<T> {
  data: T[];
  total: number;
  limit: number;
  offset: number;
}

export interface PartErrors {
  geoip?: string;
  whois?: string;
}

export interface PasswordChange {
  old_password: string;
  new_password: string;
  /** API keys, PINs, share links and invitations of the account go on. */
  keep_derived?: boolean;
}

/** All sessions of the account have ended; `token` is of a new one. */
export interface PasswordChanged {
  success: boolean;
  token: string;
  /** What else ended. */
  ended?: Derived[];
}

export interface PasswordReset {
  /** Of the link in the mail. */
  token: string;
  password: string;
  /** API keys, PINs, share links and invitations of the account go on. */
  keep_derived?: boolean;
}

export interface Ping {
  type: 'ping';
}

/** One round of echo requests. RTTs in ns; all are 0 when nothing came back. */
export interface PingResult {
  start_timestamp: string;
  stop_timestamp: string;
  packets_recv: number;
  packets_sent: number;
  packets_recv_duplicates?: number;
  /** Percent, 0 to 100. */
  packet_loss: number;
  addr: string;
  min_rtt?: number;
  max_rtt?: number;
  avg_rtt?: number;
  std_dev_rtt?: number;
  /** Every RTT of the round in the order of sending; null for one that was lost. Ours. */
  rtts_ns?: (number | null)[];
  /**
   * Addresses other than `addr` that answered, eight at most: a host with several, anycast. Their
   * answers count. Left out where there is none. Ours.
   */
  other_addrs?: string[];
  /**
   * Why nothing could be measured (an unknown name, no permission), or why requests were lost where
   * a router or the host said so. Ours.
   */
  error?: string;
}

/**
 * One bucket of a chart. RTTs in ms, over single packets, within 2 %; null where every packet was
 * lost. No bucket: no data.
 */
export interface Point {
  /** Start of the bucket, Unix seconds. */
  time: number;
  /** Results in the bucket. */
  count: number;
  /** Packets; null where a result of the bucket does not say how many it had. */
  sent: number | null;
  received: number | null;
  rtt_min_ms: number | null;
  rtt_mean_ms: number | null;
  /** Of the whole population, within 2 % of the mean. */
  rtt_stddev_ms: number | null;
  rtt_p50_ms: number | null;
  rtt_p95_ms: number | null;
  rtt_max_ms: number | null;
  /** Packets that were lost, of all that were sent. */
  loss_pct: number | null;
  /** Mean of the rounds' jitter, each weighed by its packets; null where none is known. */
  jitter_ms: number | null;
  jitter_max_ms: number | null;
  /** Mean opinion score, from 1 to 5, each round weighed by its packets (TRAFFICSIM). */
  mos: number | null;
  /** The worst round's. */
  mos_min: number | null;
}

export interface Pong {
  type: 'pong';
}

export interface PortMapping {
  internal: number;
  external: number;
  protocol?: 'tcp' | 'udp';
}

/** The probe object, the same over REST and in `probe_get`. Id 0: given to every agent. */
export interface Probe {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  agent_id: number;
  type: string;
  enabled: boolean;
  interval_sec: number;
  timeout_sec: number;
  count: number;
  duration_sec: number;
  server: boolean;
  bind_interface: string;
  labels: unknown;
  metadata: unknown;
  targets: ProbeTarget[] | null;
  /**
   * AGENT only: the other way is measured too, by a probe of the other agent. Ours, as what
   * follows.
   */
  bidirectional: boolean;
  direction: 'forward' | 'reverse';
  /** The probe whose other way this one measures; it goes when that one goes. */
  reverse_of: number | null;
  /** What `forepost apply` knows it by. */
  external_id: string;
}

/** A result that was just committed. `data` is the row as REST gives it. */
export interface ProbeData {
  type: 'probe_data';
  workspace_id: number;
  probe_id: number;
  agent_id: number;
  probe_type: string;
  data: ResultRow;
}

export interface ProbeDelivery {
  agent_id: number;
  connected: boolean;
  /** Of the list as it is now. */
  revision: string;
  /** What the agent said last; "" where it never did. */
  running_revision: string;
  said_at: string | null;
  data: DeliveredProbe[];
}

/** A probe over all its targets: mean figures, the worst status. */
export interface ProbeHealth {
  probe_id: number;
  type: string;
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  /** Why it is not healthy. */
  reason: string;
  /** When it became so; null: not known. */
  since: string | null;
  avg_latency: number | null;
  packet_loss: number | null;
  jitter: number | null;
  last_updated: string | null;
}

/** Body of `PATCH .../probes/{id}`; what is left out stays. */
export interface ProbePatch {
  enabled?: boolean;
  interval_sec?: number;
  timeout_sec?: number;
  count?: number;
  duration_sec?: number;
  bind_interface?: string;
  labels?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  external_id?: string;
  replace_targets?: string[];
  replace_agent_targets?: number[];
  /** Those that there are: who sends a whole probe back changes none of them. */
  targets?: (string | KnownTarget)[] | null;
  /** The same of agents. */
  agent_targets?: number[] | null;
}

/** What one type of probe says about one pair. */
export interface ProbeStatus {
  type: string;
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  avg_latency: number | null;
  packet_loss: number | null;
  jitter: number | null;
  last_updated: string | null;
}

/** One thing a probe measures: an address, a name, a URL, or another agent. */
export interface ProbeTarget {
  id: number;
  created_at: string;
  updated_at: string;
  probe_id: number;
  target: string;
  agent_id: number | null;
  group_id: number | null;
}

export interface RecordedChange {
  /** Of its own, whatever kind it is. */
  id: string;
  kind:
    | 'route'
    | 'address'
    | 'certificate'
    | 'version'
    | 'controller'
    | 'alert_began'
    | 'alert_ended'
    | 'rollout_began'
    | 'rollout_ended'
    | 'run_began'
    | 'run_ended';
  at: string;
  /** Null: of the whole workspace. */
  agent_id: number | null;
  probe_id: number | null;
  target: string;
  /** Fingerprint of a route or a certificate, address, version; empty where there is none. */
  before: string;
  after: string;
  /** In words: of a route its hops, from and to. */
  text: string;
  /** Of an alert its incident, of a roll-out its microservice, of a run its job; else null. */
  about_id: number | null;
}

/** Shown once; each is good once, instead of a code. */
export interface RecoveryCodes {
  recovery_codes: string[];
}

export interface RedisResult extends ServiceResult {
  /** Of the server; empty where it tells nobody, or not this user. */
  version?: string;
  /** master, slave, sentinel. */
  role?: string;
}

export interface Refused {
  type: 'error';
  error: string;
  /** Whose subscriptions ended with it. */
  workspace_id?: number;
}

/** What a registry says, picked out of its text; dates as they are written there. */
export interface Registration {
  netname?: string;
  netrange?: string;
  organization?: string;
  country?: string;
  registrar?: string;
  created?: string;
  updated?: string;
  abuse_email?: string;
}

export interface ReportPatch {
  name?: string;
  description?: string;
  kind?: 'workspace' | 'agent' | 'voice';
  agent_ids?: number[];
  days?: number;
  repeats?: 'never' | 'daily' | 'weekly' | 'monthly';
  timezone?: string;
  hour?: number;
  weekday?: 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
  day_of_month?: number;
  format?: 'html' | 'pdf';
  recipients?: string[];
  enabled?: boolean;
}

/** Body of `POST .../microservices/ID/restart`. */
export interface RestartRequest {
  /** Empty: all that are to have it. */
  agents?: number[];
}

/**
 * One stored result. The payload is what the agent sent, byte for byte; where our agent's clock was
 * wrong it begins with `agent_clock`, what the agent knew of it.
 */
export interface ResultRow<Payload = unknown> {
  probe_id: number;
  probe_agent_id: number;
  agent_id: number;
  triggered: boolean;
  triggered_reason: string;
  created_at: string;
  received_at: string;
  type: string;
  payload: Payload;
  target: string;
  target_agent: number;
}

export interface RolloutProgress {
  state: 'running' | 'done' | 'returned' | 'ended';
  /** From 1. */
  wave: number;
  waves: number;
  /** Agents that were given the new manifest. */
  reached: number[];
  /** Why it ended before its time; while it is under way, what it waits for. */
  reason: string;
  began_at: string;
  ended_at: string | null;
}

/** How a changed manifest goes out: in waves, each after all before it were well for a time. */
export interface RolloutRule {
  /** Percent of the agents that have it then; at least one agent more each. */
  waves: number[];
  /** How long all that have it must be well before the next wave. */
  gate_sec: number;
  /** A connected agent that is not well so long after its wave began ends the roll-out. */
  limit_sec: number;
}

export interface Route {
  /** With prefix length. */
  destination: string;
  gateway: string;
  interface: string;
  metric: number;
}

/** Which alerts a route is for: those of which all of this is true; what is empty is. */
export interface RouteMatch {
  /** Of the probe, or of the agent; where both have one, of the probe. */
  labels: Record<string, string | boolean | number>;
  severities: ('warning' | 'critical')[];
  rule_ids: number[];
  agent_ids: number[];
  probe_types: (
    | 'AGENT'
    | 'DNS'
    | 'GRPC'
    | 'HTTP'
    | 'MQTT'
    | 'MTR'
    | 'NETINFO'
    | 'NTP'
    | 'PING'
    | 'REDIS'
    | 'RPERF'
    | 'SMTP'
    | 'SNMP'
    | 'SPEEDTEST'
    | 'SPEEDTEST_SERVERS'
    | 'SSH'
    | 'SYSINFO'
    | 'TCP'
    | 'TLS'
    | 'TRAFFICSIM'
    | 'UDP'
    | 'WEB'
    | 'WEBSOCKET'
  )[];
  metrics: (
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting'
  )[];
}

/** Body of `PATCH .../routes/{id}`; what is left out stays. */
export interface RoutePatch {
  name?: string;
  position?: number;
  match?: RouteMatch;
  hours?: Hours | null;
  channel_ids?: number[];
  also?: boolean;
  stop?: boolean;
  enabled?: boolean;
  external_id?: string;
}

/** What routes say of an alert, one after the other, and which channels come of it. */
export interface RoutePreview {
  at: string;
  routes: RouteVerdict[];
  channel_ids: number[];
}

/** Body of `POST .../routes/preview`: an alert that there is, or one that there might be. */
export interface RouteQuestion {
  alert_id?: number | null;
  labels?: Record<string, string | boolean | number>;
  severity?: 'warning' | 'critical';
  /** None: of a rule that tells nobody by itself. */
  rule_id?: number | null;
  agent_id?: number | null;
  probe_type?:
    | 'AGENT'
    | 'DNS'
    | 'GRPC'
    | 'HTTP'
    | 'MQTT'
    | 'MTR'
    | 'NETINFO'
    | 'NTP'
    | 'PING'
    | 'REDIS'
    | 'RPERF'
    | 'SMTP'
    | 'SNMP'
    | 'SPEEDTEST'
    | 'SPEEDTEST_SERVERS'
    | 'SSH'
    | 'SYSINFO'
    | 'TCP'
    | 'TLS'
    | 'TRAFFICSIM'
    | 'UDP'
    | 'WEB'
    | 'WEBSOCKET'
    | null;
  metric?:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting'
    | null;
  /** None: now. */
  at?: string | null;
}

export interface RouteVerdict {
  route_id: number;
  name: string;
  matches: boolean;
  /** In words, what decided it. */
  why: string;
  channel_ids: number[];
}

/** A rule as it is shown. Its secret is not: `has_webhook_secret` says whether there is one. */
export interface Rule {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  name: string;
  description: string;
  probe_id: number | null;
  agent_id: number | null;
  metric:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting';
  operator: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq';
  threshold: number;
  severity: 'warning' | 'critical';
  enabled: boolean;
  threshold_type: 'static' | 'dynamic_stddev' | 'dynamic_percentile';
  baseline_window_days: number;
  stddev_multiplier: number;
  stddev_multiplier_critical: number;
  percentile: number;
  metric2:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting'
    | null;
  operator2: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq' | null;
  threshold2: number | null;
  logical_op: 'AND' | 'OR' | null;
  for_count: number;
  of_count: number;
  recovery_threshold: number | null;
  no_data_sec: number;
  notify_panel: boolean;
  notify_email: boolean;
  notify_webhook: boolean;
  webhook_url: string;
  has_webhook_secret: boolean;
  apprise_urls: string[];
  channel_ids: number[];
  cooldown_minutes: number;
  maintenance_window_id: number | null;
  tells: 'incidents' | 'alerts';
  critical_threshold: number | null;
  external_id: string;
  active_hours: Hours[];
  quiet_hours: Hours[];
  quiet_critical: boolean;
  remind_minutes: number;
  escalate_after_minutes: number;
  escalate_channel_ids: number[];
  escalate_apprise_urls: string[];
  baseline_by: 'none' | 'hour' | 'weekday_hour';
  timezone: string;
  /** The worst of what it watches. */
  state: 'ok' | 'degraded' | 'down' | 'unknown';
  /**
   * On how many lines there is too little of this hour yet, so that the baseline of all hours is
   * used.
   */
  plain_baselines: number;
}

/** Body of `PATCH .../alert-rules/{id}`; what is left out stays, null takes away. */
export interface RulePatch {
  name?: string;
  description?: string;
  probe_id?: number | null;
  agent_id?: number | null;
  metric?:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting';
  operator?: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq';
  threshold?: number;
  severity?: 'warning' | 'critical';
  enabled?: boolean;
  threshold_type?: 'static' | 'dynamic_stddev' | 'dynamic_percentile';
  baseline_window_days?: number;
  stddev_multiplier?: number;
  stddev_multiplier_critical?: number;
  percentile?: number;
  metric2?:
    | 'failure'
    | 'loss'
    | 'packet_loss'
    | 'latency'
    | 'jitter'
    | 'mos'
    | 'offline'
    | 'identity_conflict'
    | 'end_hop_loss'
    | 'end_hop_latency'
    | 'worst_hop_loss'
    | 'worst_hop_combined'
    | 'route_change'
    | 'cpu_usage'
    | 'memory_usage'
    | 'disk_usage'
    | 'dns_query_time'
    | 'dns_query_failure'
    | 'dns_nxdomain'
    | 'http_ttfb'
    | 'http_total_ms'
    | 'http_status'
    | 'tls_expiry_days'
    | 'tls_version_mismatch'
    | 'tls_weak_cipher'
    | 'tls_chain_issue'
    | 'clock_offset'
    | 'snmp_response_ms'
    | 'snmp_trap_received'
    | 'health_score'
    | 'latency_baseline'
    | 'loss_baseline'
    | 'ip_change'
    | 'isp_change'
    | 'incident_count'
    | 'workload_down'
    | 'workload_stuck'
    | 'rollout_failed'
    | 'job_failed'
    | 'job_waiting'
    | null;
  operator2?: '>' | '<' | '>=' | '<=' | '=' | '==' | 'gt' | 'lt' | 'gte' | 'lte' | 'eq' | null;
  threshold2?: number | null;
  logical_op?: 'AND' | 'OR' | null;
  for_count?: number;
  of_count?: number;
  recovery_threshold?: number | null;
  no_data_sec?: number;
  notify_panel?: boolean;
  notify_email?: boolean;
  notify_webhook?: boolean;
  webhook_url?: string;
  webhook_secret?: string;
  apprise_urls?: string[];
  channel_ids?: number[];
  cooldown_minutes?: number;
  maintenance_window_id?: number | null;
  active_hours?: Hours[];
  quiet_hours?: Hours[];
  quiet_critical?: boolean;
  remind_minutes?: number;
  escalate_after_minutes?: number;
  escalate_channel_ids?: number[];
  escalate_apprise_urls?: string[];
  baseline_by?: 'none' | 'hour' | 'weekday_hour';
  timezone?: string;
  tells?: 'incidents' | 'alerts';
  critical_threshold?: number | null;
  external_id?: string;
}

/** What a rule would have done on what was measured already. */
export interface RulePreview {
  fired: number;
  lines_firing_now: number;
  /** How many were looked at, the newest of each probe. */
  results: number;
  /** From when on all that was measured was looked at. */
  since: string;
  /** `would have fired 412 times in 7 days` */
  text: string;
}

export interface Run extends RunHead {
  /** In lists the first 100, with what is wrong first. */
  agents: RunAgent[];
}

/** A run at one agent. */
export interface RunAgent {
  agent_id: number;
  permission: 'rw' | 'ro';
  path: string;
  attempt: number;
  state:
    'queued' | 'delivered' | 'started' | 'finished' | 'error' | 'interrupted' | 'lost' | 'canceled';
  /** As the agent's own API says it; empty: it has not said. */
  status:
    | 'error'
    | 'loading'
    | 'paused'
    | 'writing acl'
    | 'processing files'
    | 'indexing'
    | 'low priority'
    | 'mounting selective sync volume'
    | 'no peers'
    | 'syncing'
    | 'synced'
    | 'invalid state'
    | 'waiting for files from source'
    | 'downloading'
    | 'seeding'
    | 'cleaning up destination folder'
    | 'waiting for scheduled script'
    | 'executing pre-indexing script'
    | 'executing post-download script'
    | 'executing complete script'
    | 'archiving script logs'
    | 'successfully finished'
    | 'expired'
    | 'executing script'
    | '';
  /** Why it is so; empty where that needs no words. */
  reason: string;
  /** Whether nothing is done until somebody confirms. */
  held: boolean;
  exit_code: number | null;
  /**
   * Of a script: its beginning and its end, where it wrote more than is kept. Left out of lists;
   * `***` for a VIEWER.
   */
  output: string;
  /** Of the script that was run, as the agent says. */
  script_sha256: string;
  figures: RunFigures;
  started_at: string | null;
  ended_at: string | null;
  /** When the agent last said something of it. */
  said_at: string | null;
  /** Left out of lists. */
  former: FormerAttempt[];
}

/** Agents of a run by state. */
export interface RunCounts {
  queued: number;
  delivered: number;
  started: number;
  finished: number;
  error: number;
  interrupted: number;
  lost: number;
  canceled: number;
}

/** Of a transfer at one agent. Sizes in bytes, speeds in bytes a second. */
export interface RunFigures {
  files_total: number;
  files_completed: number;
  size_total: number;
  size_completed: number;
  transferred_down: number;
  transferred_up: number;
  down_speed: number;
  up_speed: number;
  peers_count: number;
  peers_count_proxied: number;
}

/** A run without its agents. */
export interface RunHead {
  id: number;
  job_id: number;
  name: string;
  type: 'folder' | 'distribution' | 'consolidation' | 'script';
  status: 'working' | 'finished' | 'error' | 'aborted' | 'paused';
  wish: 'run' | 'pause' | 'cancel';
  phase: 'open' | 'complete' | 'incomplete';
  /** From 1; higher after each retry. */
  attempt: number;
  /** Of a run that agents began by themselves: when, by the job's schedule. */
  scheduled_at: string | null;
  when_offline: 'queue' | 'skip' | 'fail';
  /** An agent at which it has not begun by then has lost it. */
  expires_at: string | null;
  jitter_sec: number;
  /** Agents at a time; 0: all. */
  concurrency: number;
  created_at: string;
  ended_at: string | null;
  counts: RunCounts;
  /** At how many agents nothing is done until somebody confirms. */
  held: number;
}

export interface SecondFactorCode {
  code: string;
}

export interface SecondFactorEnd {
  password: string;
  code: string;
}

export interface SecondFactorState {
  enabled: boolean;
  recovery_codes_left: number;
}

export interface SensorCourse {
  name: string;
  celsius: (number | null)[];
}

/** One conversation. Times in ms; those of parts that were not reached are 0. */
export interface ServiceResult {
  start_timestamp: string;
  stop_timestamp: string;
  target: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  dns_lookup_ms?: number;
  tcp_connect_ms?: number;
  tls_handshake_ms?: number;
  /** All that is said once it is connected, TLS aside. */
  answer_ms?: number;
  total_ms?: number;
  /** Addresses of the name that were tried before and did not answer, with their reasons. */
  missed_addrs?: string[];
  /** "TLS 1.3"; empty: it was in the clear. */
  tls_version?: string;
  /** What went wrong, and in which part. */
  error?: string;
}

/** Answer to a registration or a login. `token` is a JWT; empty where a cookie has it. */
export interface Session {
  token: string;
  data: User;
}

/** What a link says before its password. */
export interface ShareInfo {
  has_password: boolean;
  expires_at: string;
  expired: boolean;
}

/** The token is in no list: it is shown once, where the link is made. */
export interface ShareLink {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  agent_id: number;
  created_by_user_id: number;
  expires_at: string;
  has_password: boolean;
  access_count: number;
  last_accessed_at: string | null;
  allow_speedtest: boolean;
  probe_id: number | null;
  shown_from: string | null;
  shown_to: string | null;
}

export interface ShareLinks {
  items: ShareLink[];
  total: number;
}

/** The agent, its probes, and those of others that measure towards it. */
export interface Shared {
  agent: SharedAgent;
  probes: Probe[];
  reverse_probes: Probe[];
  reverse_count: number;
  expires_at: string;
  allow_speedtest: boolean;
  /** Null: the link is of the whole agent. */
  probe_id: number | null;
  /** Null: whatever is kept is shown, up to now. */
  shown_from: string | null;
  shown_to: string | null;
}

export interface SharedAgent {
  id: number;
  name: string;
  description: string;
  location: string;
  version: string;
  public_ip: string;
  initialized: boolean;
  updated_at: string;
  last_seen_at: string;
}

/** The one figure by which a type of probe is known: RTT, days left, Mbit/s, … */
export interface ShownFigure {
  /** As it is read: "12.3 ms, 20 % lost". */
  words: string;
  value: number | null;
  unit: string;
}

export interface Similar {
  probe: Probe;
  similar_by_target: Probe[];
  similar_by_agent_id: Probe[];
  latest?: LatestOf[];
}

/** An agent with all that it measures. */
export interface Site {
  id: number;
  name: string;
  location: string;
  labels: Record<string, unknown>;
  version: string;
  connected: boolean;
  status: 'online' | 'offline' | 'unknown';
  last_seen_at: string | null;
  /** As `GET …/health` has it. */
  verdict: HealthVerdict;
  probes: number;
  worst: WorstProbe | null;
  strip: StateStrip;
  /** Of the span, of probes of the network. */
  loss_pct: number | null;
  /** Of the span, of probes of the network: the middle one of the means of quarters of an hour. */
  rtt_ms: number | null;
  /** Of the span, by the hour; null where no traffic is measured. */
  bytes_in: number | null;
  bytes_out: number | null;
  /** Only where a backlog waits there to be sent, or results were lost. */
  spool: AgentSpool | null;
  /** Only where it is wrong. */
  clock: AgentClock | null;
  /** null: nobody has set it, and GeoIP does not know. */
  place: SitePlace | null;
}

export interface SiteList {
  data: Site[];
  hours: number;
  cell_sec: number;
  /** Start of the first cell. */
  cells_from: string;
  generated_at: string;
  /**
   * Not while cells of before the controller's start are still read, and not where lines of results
   * found no room in RAM.
   */
  is_whole: boolean;
}

/** Where a site stands, in degrees. */
export interface SitePlace {
  latitude: number;
  longitude: number;
  /** `set`: `latitude` and `longitude` of the agent's metadata; `geoip`: its public address. */
  source: 'set' | 'geoip';
  /** As GeoIP calls it: "Lisbon, PT". */
  name: string;
}

export interface SmtpResult extends ServiceResult {
  /** The first line that the server says. */
  greeting?: string;
  /** What it offers to EHLO, at last: SIZE 10240000, STARTTLS, ... */
  extensions?: string[];
  logged_in?: boolean;
}

export interface SnmpResult {
  start_timestamp: string;
  stop_timestamp: string;
  /** Waiting for answers, all requests together. */
  query_time_ms?: number;
  version: string;
  /** With the port. */
  target: string;
  profile: string;
  /** 5,000 at most; `error` says where there were more. */
  results?: SnmpValue[];
  /** With an error, `results` has what came before it. */
  error?: string;
  /**
   * Address and port. Empty: nothing could be sent (an unknown name, no permission). This and what
   * follows: ours.
   */
  remote_addr?: string;
  /** Sent, repetitions included. */
  requests?: number;
  /** Datagrams that were no answer to what we asked: a wrong id, key or form. */
  ignored?: number;
  /** Who answered, where it was another address (`other_source`). */
  other_addr?: string;
  /** Null: nothing is expected, or not all could be asked for. */
  as_expected?: boolean | null;
}

export interface SnmpValue {
  /** Without a leading dot. */
  oid: string;
  /** Bytes that are no text are hex; null where `type` says that there is nothing. */
  value: number | string | null;
  /**
   * integer, string, hex, mac, oid, ipaddress, counter32, gauge32, timeticks, counter64, gauge64,
   * float, null, noSuchObject, noSuchInstance; unreadable, with its bytes in hex, where it is not
   * what it says that it is. The rows of one column have one form: mac (00:1b:44:11:3a:b7), or hex
   * where one of them is no text. genErr, noAccess, ...: what the agent answered for this one.
   */
  type: string;
  /** As the MIB has it, with the index: ifDescr.2; a scalar without its .0; "" where unknown. */
  name: string;
  /**
   * Of a counter: how much it grew in a second since the round before, over a wrap, too. Null: not
   * asked for, the first round, or the agent began anew. Ours.
   */
  per_sec?: number | null;
}

export interface SourceAgent {
  id: number;
  name: string;
  is_online: boolean;
}

/** ns. */
export interface SpeedDuration {
  ping?: number;
  download?: number;
  upload?: number;
  total?: number;
}

/** One test. NetWatcher's names; the latencies are those of the idle line. */
export interface SpeedFigures {
  url: string;
  lat?: string;
  lon?: string;
  name?: string;
  country?: string;
  sponsor?: string;
  id?: string;
  host?: string;
  distance?: number;
  /** ns, median. */
  latency?: number;
  max_latency?: number;
  min_latency?: number;
  /** ns, mean difference of one round trip to the next. */
  jitter?: number;
  /** Bytes per second; 0 where it was not measured. */
  dl_speed?: number;
  ul_speed?: number;
  test_duration: SpeedDuration;
  packet_loss?: SpeedLoss;
  /** Ours, as what follows. */
  idle?: SpeedLatency | null;
  download?: SpeedLeg | null;
  upload?: SpeedLeg | null;
  /** ns that the test waited for the line to be idle. */
  waited?: number;
  /** Whether it was idle then; null where nobody asked. */
  line_idle?: boolean | null;
}

/** Round trips over TCP to the program on the other side and back, ns. Ours. */
export interface SpeedLatency {
  count: number;
  min: number;
  median: number;
  mean: number;
  p95: number;
  max: number;
  /** Mean difference of one to the next. */
  jitter: number;
}

/** One way; bytes are those of the application, as they arrived. Ours. */
export interface SpeedLeg {
  /** Without the warm-up, and without the tenth of the time that was fastest and slowest. */
  bytes_per_sec: number;
  /** Without the warm-up. */
  mean_bytes_per_sec: number;
  median_bytes_per_sec: number;
  bytes: number;
  /** ns, warm-up included. */
  duration: number;
  /** ns. */
  warm_up: number;
  streams: number;
  /** Bytes per second of each slice of 0.1 s or more. */
  slices: number[];
  /** Meanwhile. */
  latency?: SpeedLatency | null;
  /** ns that the median round trip took longer than when the line was idle: bufferbloat. */
  added_latency?: number | null;
  /** TCP segments that were sent again; null where the other side sends. */
  retransmits?: number | null;
  /** Why some of it ended early. */
  error?: string;
}

/** Packets of NetWatcher's own test, which TCP does not have: all 0. */
export interface SpeedLoss {
  sent?: number;
  dup?: number;
  max?: number;
}

export interface SpeedtestPayload {
  test_data: SpeedFigures[];
  timestamp: string;
  /** Why nothing, or not all of it, could be measured. Ours. */
  error?: string;
}

/** Event `speedtest_progress` (ours), every half second at most: how far a test has come. */
export interface SpeedtestProgress {
  queue_id: number;
  phase: 'waiting' | 'latency' | 'download' | 'upload';
  /** Of the phase. */
  part: number;
  bytes_per_sec: number;
  /** The last round trip, ns. */
  latency: number;
}

/** Controller to panel: a test in the queue is in another state. */
export interface SpeedtestUpdate {
  type: 'speedtest_update';
  workspace_id: number;
  agent_id: number;
  queue_id: number;
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired';
  server_id: string;
  server_name: string;
  error: string;
  /** Ours; while it is running, and its agent says. */
  progress?: SpeedtestProgress;
}

export interface SpoolStatus {
  /** Results that are measured and not yet acknowledged. */
  pending: number;
  bytes: number;
  /**
   * Results dropped since the start because the spool was full, too old or unwritable, and those
   * that its files did not give back.
   */
  lost: number;
  /** Files that were found damaged since the start. */
  damaged: number;
  /** Results that the controller refused for good since the start. */
  refused: number;
  /**
   * Of those that are pending, what was there before this conversation with the controller; 0
   * without one.
   */
  backlog: number;
  /** How long the backlog takes at the rate of the last minute; null: not known. */
  backlog_left_sec: number | null;
  /** More is measured than the line carries away. */
  backlog_grows: boolean;
}

export interface SshResult extends ServiceResult {
  /** "2.0". */
  protocol_version?: string;
  software?: string;
  comments?: string;
}

/** Of all agents that are to have it. */
export interface StandingCounts {
  current: number;
  waiting: number;
  refused: number;
  /** Of those that wait. */
  failing: number;
}

export interface StateStrip {
  states: string;
  /** Packets of probes of the network that were lost, one number for each cell. */
  loss_pct: (number | null)[];
}

/** Panel to controller. `probe_id` 0: every probe of the workspace. */
export interface Subscribe {
  type: 'subscribe';
  workspace_id: number;
  probe_id?: number;
}

export interface Subscribed {
  type: 'subscribe_ok';
  workspace_id: number;
  probe_id: number;
}

export interface SysinfoResult {
  hostInfo: HostInfo;
  memoryInfo: MemoryInfo;
  CPUTimes: CpuTimes;
  timestamp: string;
  /** What rates and shares are over; 0: there is no earlier reading. Ours, as what follows. */
  interval_sec?: number;
  cpu?: CpuShares | null;
  processors?: number;
  /** Of 1, 5 and 15 minutes. */
  load?: number[];
  disks?: DiskUse[];
  disk_io?: DiskIo[];
  nics?: NicTraffic[];
  temperatures?: Temperature[];
}

export interface Tag {
  name: string;
  value: string;
}

/** One device, one application, one remote side. */
export interface Talk extends Traffic {
  device: string;
  application: string;
  remote: string;
  groups: string[];
}

export interface TargetLabel {
  /** `agent:10`, or the target as the probe names it. */
  id: string;
  name: string;
  type: 'agent' | 'destination';
}

/** Attempts to connect. All times in ms; 0 where no attempt succeeded. */
export interface TcpResult {
  start_timestamp: string;
  stop_timestamp: string;
  target: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  dns_lookup_ms?: number;
  attempts?: number;
  connected?: number;
  /** The host said that nobody listens. */
  refused?: number;
  timed_out?: number;
  /** A router or this host said that there is no way, or a firewall said no. */
  unreachable?: number;
  /** It was connected, and then TLS or the answer was not as it should be. */
  unexpected?: number;
  /** Attempts that did not succeed, 0 to 100. */
  loss_pct?: number;
  min_ms?: number;
  max_ms?: number;
  avg_ms?: number;
  /** Of the whole population. */
  stddev_ms?: number;
  /** To connect: each attempt in its order; null for one that failed, then or later. */
  connects_ms?: (number | null)[];
  /** The handshake of each attempt, where there is one. */
  tls_ms?: (number | null)[];
  /** From then to the answer of each attempt, where one is expected. */
  answers_ms?: (number | null)[];
  /** Why attempts failed, the last one if there are several. */
  error?: string;
}

export interface Temperature {
  sensor: string;
  label?: string;
  celsius: number;
  high?: number | null;
  critical?: number | null;
}

/** Body of `PATCH .../templates/{id}`; what is left out stays. */
export interface TemplatePatch {
  name?: string;
  title?: string;
  text?: string;
  webhook_body?: string;
  external_id?: string;
}

/** What would be sent. */
export interface TemplatePreview {
  title: string;
  text: string;
  html: string;
  /** Of a webhook. */
  body: string;
  /** Why the usual words would be sent instead of the template; empty: they would not. */
  problem: string;
}

/** Body of `POST .../templates/preview`: of texts, or of a template that is there. */
export interface TemplateQuestion {
  template?: AskedTexts | null;
  template_id?: number | null;
  /** Of which it would be told; null: of a made-up one. */
  alert_id?: number | null;
  timezone?: string;
  /** Of the webhook: where it is JSON, the body has to be. */
  content_type?: string;
}

/** What is empty is told in the usual words. */
export interface TemplateTexts {
  title?: string;
  text?: string;
  webhook_body?: string;
}

/** One handshake, and all that the server showed, trusted or not. */
export interface TlsResult {
  start_timestamp: string;
  stop_timestamp: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  /** As `tls_version`. */
  protocol?: string;
  /** "TLS 1.3". */
  tls_version?: string;
  /** As IANA spells it. */
  tls_cipher_suite?: string;
  certificate?: CertificateInfo | null;
  /** As the server sent it, the server's own first. */
  certificate_chain?: ChainCertificate[];
  is_expired?: boolean;
  /** In 30 days or less, and not yet expired. */
  is_expiring_soon?: boolean;
  /** Null: it cannot be read. */
  days_until_expiry?: number | null;
  issuer_org?: string;
  cert_type?: '' | 'leaf' | 'leaf+intermediate' | 'self-signed';
  cert_fingerprint?: string;
  /**
   * Why there was no handshake, or what is wrong with the certificate (unless
   * `insecure_skip_verify`).
   */
  error?: string;
  /** This host's usual settings accept protocol, chain and dates. This and what follows: ours. */
  trusted?: boolean;
  /** Why they do not. */
  verify_error?: string;
  name_matches?: boolean;
  server_name?: string;
  /** What the server chose; "" for nothing. */
  alpn?: string;
  dns_lookup_ms?: number;
  tcp_connect_ms?: number;
  tls_handshake_ms?: number;
  /** When the first certificate of the chain ends, as the server sent it. */
  earliest_not_after?: string | null;
  earliest_days_until_expiry?: number | null;
  /** Whether the server asked for a client certificate, and did nothing without one. */
  client_certificate?: '' | 'asked' | 'required';
  /** What was said in plain text before. */
  starttls_ms?: number;
  /** Addresses of the name that were tried before and did not answer, with their reasons. */
  missed_addrs?: string[];
}

/**
 * `in`: towards the local side; of flows between two local sides, towards the one that began. Bytes
 * as on the wire, without preamble and FCS.
 */
export interface Traffic {
  bytes_in: number;
  bytes_out: number;
  packets_in: number;
  packets_out: number;
  /** That had traffic in this minute. */
  flows: number;
}

/**
 * One cycle. RTTs and jitter in ms, of packets that were answered in time; 0 where none was. What
 * is said of VoIP only is left out otherwise; so is everything about one direction where it cannot
 * be known.
 */
export interface TrafficSimResult {
  totalPackets?: number;
  receivedPackets?: number;
  lostPackets?: number;
  lossPercentage?: number;
  duplicates?: number;
  duplicatePercent?: number;
  /** Answers whose number is below one that came before (RFC 4737). */
  outOfOrder?: number;
  outOfOrderPercent?: number;
  averageRTT?: number;
  medianRTT?: number;
  p95RTT?: number;
  p99RTT?: number;
  minRTT?: number;
  maxRTT?: number;
  stdDevRTT?: number;
  /** Mean difference of the RTTs of one packet and the next, by number. */
  jitterAvg?: number;
  jitterMedian?: number;
  jitterP95?: number;
  /** RFC 3550 A.8 over the round trip, in order of arrival; left out for fewer than two. */
  rfc3550Jitter?: number;
  /** Packets that were answered, %. */
  networkEfficiency?: number;
  latencyQuality?: string;
  latencyQualityScore?: number;
  jitterQualityScore?: number;
  lossQualityScore?: number;
  networkHealthScore?: number;
  cycleDurationMs?: number;
  packetsPerSecond?: number;
  timestamp: string;
  /**
   * VoIP only, as what follows. Ours is `oneWayForward`, where that is known; NetWatcher's is half
   * of the RTT.
   */
  oneWayLatency?: number;
  playoutBufferMin?: number;
  /** ms: one interval; two, or the 95th percentile of the jitter where that is more. */
  playoutBufferMax?: number;
  /** By number of packet, not by time of arrival. */
  maxConsecutiveLoss?: number;
  /** Runs of two or more packets lost in a row. */
  totalBursts?: number;
  MOS?: number;
  RFactor?: number;
  mosQuality?: string;
  /** Id of ITU-T G.107. */
  delayImp?: number;
  /** Ie-eff of ITU-T G.107. */
  lossImp?: number;
  dscpValue?: number;
  /** Bytes of UDP data that a packet really had. */
  payloadSize?: number;
  intervalMs?: number;
  /** One way, with the headers of IP and UDP. */
  estimatedBandwidthKbps?: number;
  /** Address and port. Empty: nothing could be sent. Ours, as all that follows. */
  remoteAddr?: string;
  /** Both sides had the key of the pair. */
  authenticated?: boolean;
  /** Answers that came after their timeout; they are in `lostPackets`. */
  late?: number;
  /** What the answers carried, the last one that came; left out where none was. */
  dscpReceived?: number;
  /** What our packets still carried there. Authenticated only, as all that follows. */
  dscpAtTarget?: number;
  lostForward?: number;
  /** Of the packets up to the last one that the target is known to have received. */
  lostBackward?: number;
  jitterForward?: number;
  /** RFC 3550 A.8: the offset of the clocks does not matter to it. */
  jitterBackward?: number;
  oneWayForward?: number;
  /** Medians, ms; left out unless the kernels of both sides know how wrong their clocks are. */
  oneWayBackward?: number;
  /** Bound of the error of the two, ms: that of both clocks by NTP, or less. */
  oneWayError?: number;
  error?: string;
}

/** Something that an agent said about a transfer or a folder. */
export interface TransferEventRow {
  id: number;
  run_id: number;
  agent_id: number;
  kind: 'conflict' | 'held' | 'bad_chunk' | 'healed' | 'clash' | 'error' | 'member' | 'left_out';
  /** Such as the path of a file. */
  text: string;
  /** By the agent's clock. */
  at: string;
  said_at: string;
}

/** How files are kept and moved. `ignore` must be the same for all agents of a job. */
export interface TransferSettings {
  /** Patterns as of gitignore(5), compared with names in NFC. */
  ignore?: string[];
  /** Destinations of transfers: whether files that no source has go to the archive. */
  delete_extraneous?: boolean;
  /** `ro` agents: whether local changes are put right; otherwise they are reported. */
  revert_changes?: boolean;
  /** How long replaced and deleted versions are kept; 0: for ever. */
  archive_days?: number;
  /** The oldest versions go beyond; 0: no bound. */
  archive_most_mib?: number;
  /** Folders: how long a deletion is remembered; who was away longer is held. */
  keep_deletions_days?: number;
  /**
   * When written files are synced to the disk: each, in groups before they get their names, or when
   * the system does.
   */
  durability?: 'full' | 'batch' | 'none';
  bandwidth?: BandwidthWindow[];
}

/** What was asked, and what came of it. Options in `metadata` are not kept. */
export interface Trial {
  id: number;
  agent_id: number;
  type: string;
  target: string;
  count: number;
  timeout_sec: number;
  asked_at: string;
  /** An e-mail address, or "key: " and the name of an API key. */
  asked_by: string;
  took_ms: number;
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  /** Why it is not healthy. */
  reason: string;
  /** The figure of its type: "12.3 ms, 20 % lost". */
  words: string;
  /** As of a result of this type; null in lists. */
  payload: unknown;
}

/** Datagrams and their answers. All times in ms; 0 where there was no answer. */
export interface UdpResult {
  start_timestamp: string;
  stop_timestamp: string;
  target: string;
  /** Address and port. Empty: nothing could be sent (an unknown name, no permission). */
  remote_addr?: string;
  dns_lookup_ms?: number;
  attempts?: number;
  answered?: number;
  /** The host said that nobody listens (ICMP). */
  refused?: number;
  timed_out?: number;
  /** A router or this host said that there is no way. */
  unreachable?: number;
  /** There was an answer, and not the one that was expected. */
  unexpected?: number;
  /** Datagrams without the answer that was expected, 0 to 100. */
  loss_pct?: number;
  min_ms?: number;
  max_ms?: number;
  avg_ms?: number;
  /** Of the whole population. */
  stddev_ms?: number;
  /** Each datagram in its order; null for one that failed. */
  answers_ms?: (number | null)[];
  /** Why datagrams failed, the last one if there are several. */
  error?: string;
}

export interface Unsubscribe {
  type: 'unsubscribe';
  workspace_id: number;
  probe_id?: number;
}

export interface Unsubscribed {
  type: 'unsubscribe_ok';
  workspace_id: number;
  probe_id: number;
}

export interface UpdateRules {
  /** A path in the container: while there is a file, the container is not touched. */
  lock?: string;
}

/** Times in both spellings: the document's, and the one NetWatcher's own panel reads. */
export interface User {
  id: number;
  email: string;
  name: string;
  role: 'USER' | 'SITE_ADMIN';
  verified: boolean;
  labels: Record<string, unknown>;
  metadata: Record<string, unknown>;
  last_login_at: string | null;
  created_at: string;
  updated_at: string;
  createdAt: string;
  updatedAt: string;
}

export interface VolumeMapping {
  /** `volume`: its name. `bind`: a path of the host. */
  source: string;
  target: string;
  type?: 'volume' | 'bind';
  read_only?: boolean;
}

export interface WebsocketResult extends ServiceResult {
  /** 101: it was opened. */
  status_code?: number;
  /** What the server chose. */
  subprotocol?: string;
  /** Of a ping in it, where nothing else is expected. */
  ping_ms?: number | null;
  /** That came, until the one that is expected. */
  messages?: number;
}

export interface Whois {
  query: string;
  /** Of RDAP: JSON. */
  raw_output: string;
  parsed: Registration;
  /** What this answer took, also when it was kept here. */
  lookup_time_ms: number;
  cached?: boolean;
  /** When the registry said it. */
  cache_time?: string;
}

/**
 * While it lasts no alert of what it names is opened, and none gets worse; one that is true at its
 * end is opened then.
 */
export interface Window {
  id: number;
  created_at: string;
  updated_at: string;
  workspace_id: number;
  name: string;
  starts_at: string;
  ends_at: string;
  recurrence: 'none' | 'daily' | 'weekly' | 'monthly';
  every: number;
  timezone: string;
  weekdays: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  day_of_month: number | null;
  week_of_month: number | null;
  until: string | null;
  paused: boolean;
  reason: string;
  agent_ids: number[];
  probe_ids: number[];
  external_id: string;
  /** An e-mail address, or "key: " and the name of an API key; as it was then. */
  created_by: string;
  /**
   * The alert that was muted by it: it covers that alert's probe, agent and `target` together, and
   * nothing else.
   */
  alert_id: number | null;
  target: string;
  /** How many alerts did not open, or did not get worse, because of it. */
  suppressed: number;
  active_now: boolean;
  /** While it is on: since when; null: never again, or it is paused. */
  next_start: string | null;
  next_end: string | null;
}

/** Body of `PATCH .../maintenance-windows/{id}`; what is left out stays, null takes away. */
export interface WindowPatch {
  name?: string;
  starts_at?: string;
  ends_at?: string;
  recurrence?: 'none' | 'daily' | 'weekly' | 'monthly';
  every?: number;
  timezone?: string;
  weekdays?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  day_of_month?: number | null;
  week_of_month?: number | null;
  until?: string | null;
  paused?: boolean;
  reason?: string;
  agent_ids?: number[];
  probe_ids?: number[];
  external_id?: string;
}

/** 0: none. */
export interface WorkloadLimits {
  memory_mb?: number;
  cpus?: number;
  pids?: number;
}

/** All of a manifest but the uuid, which the controller gives. */
export interface WorkloadSpec {
  /** Empty: as `uuid`. */
  name?: string;
  /** Empty where the engine is `process`. */
  image?: string;
  /** The name of a registry: whose password is used for pulling. "from_cache": never pulled. */
  registry?: string;
  cmd?: string[];
  env?: Record<string, string>;
  ports?: PortMapping[];
  volumes?: VolumeMapping[];
  /** `name:ip`. */
  extra_hosts?: string[];
  /** The name of a network of the engine; "host"; "none"; empty: the engine's usual one. */
  network?: string;
  user?: string;
  limits?: WorkloadLimits;
  health?: HealthCheck;
  cap_add?: string[];
  cap_drop?: string[];
  privileged?: boolean;
  /** Whether the root file system is. */
  read_only?: boolean;
  /** From the request to stop to the end by force. */
  stop_sec?: number;
  log?: LogBounds;
  /** What `/v2/config/get` gives: an object, or a text that holds one. */
  config?: string | Record<string, unknown> | null;
  update?: UpdateRules;
  /** Who gets its messages on the bus. */
  routes?: string[];
}

/** Owner and times in both spellings, as for User. */
export interface Workspace {
  id: number;
  name: string;
  description: string;
  settings: Record<string, unknown>;
  owner_id: number;
  created_at: string;
  updated_at: string;
  ownerId: number;
  createdAt: string;
  updatedAt: string;
  my_role?: 'VIEWER' | 'USER' | 'ADMIN' | 'OWNER';
  agent_count?: number;
  /** In a list, as the two below: those that were heard of in the last two minutes. */
  online_agents?: number;
  member_count?: number;
  /** Alerts that are active. */
  alert_count?: number;
}

export interface WorkspaceHealth {
  /** Worst first: "lisbon: not heard of. Everything else is fine." */
  verdict: HealthVerdict;
  agents: AgentHealth[];
  counts: HealthCounts;
  lookback: number;
  generated_at: string;
  workspace_id: number;
}

/**
 * A job as it is shown. What scripts are is for ADMINs: for others `command` is `***`, and the
 * environment empty. In lists it is left out for all.
 */
export interface WorkspaceJob {
  id: number;
  workspace_id: number;
  uid: string;
  name: string;
  type: 'folder' | 'distribution' | 'consolidation' | 'script';
  script: JobScript | null;
  triggers: JobTriggers;
  schedule: JobSchedule | null;
  priority: number;
  transfer: TransferSettings;
  /** Those that it names. */
  agents: JobAgent[];
  groups: JobGroup[];
  /** All agents that have it now, by name or by group; in lists the first 100. */
  members: JobAgent[];
  members_count: number;
  when_offline: 'queue' | 'skip' | 'fail';
  ttl_sec: number;
  notices: JobNotices | null;
  external_id: string;
  /** Of `script` and of each trigger that it has: by it a site may allow one. */
  script_sha256: Record<string, string>;
  /** Higher after every change. */
  revision: number;
  last_run: RunHead | null;
  created_at: string;
  updated_at: string;
}

/**
 * A microservice as it is shown. `cmd`, `env` and `config` are left out of lists, and are `***` for
 * a VIEWER, as is the command of a health check.
 */
export interface WorkspaceMicroservice {
  id: number;
  workspace_id: number;
  uuid: string;
  name: string;
  image: string;
  registry: string;
  cmd?: string[];
  env?: Record<string, string>;
  ports: PortMapping[];
  volumes: VolumeMapping[];
  extra_hosts: string[];
  network: string;
  user: string;
  limits: WorkloadLimits;
  health: HealthCheck;
  cap_add: string[];
  cap_drop: string[];
  privileged: boolean;
  read_only: boolean;
  stop_sec: number;
  log: LogBounds;
  config?: string | Record<string, unknown> | null;
  update: UpdateRules;
  routes: string[];
  /** Those that it names; empty where it goes by labels. */
  agent_ids: number[];
  labels: Record<string, string | boolean | number>;
  rollout: RolloutRule | null;
  external_id: string;
  /** Of the container that is wanted: agents say the same one where they run it. */
  fingerprint: string;
  /** Higher after every change. */
  revision: number;
  counts: StandingCounts;
  /** Those that are to have it; in lists the first 100, with what is wrong first. */
  agents: AgentMicroservice[];
  /** The newest roll-out. */
  progress: RolloutProgress | null;
  created_at: string;
  updated_at: string;
}

export interface WorkspacePatch {
  name?: string;
  description?: string;
  settings?: Record<string, unknown>;
}

/** What is worst of a site; where nothing is bad, what takes longest. */
export interface WorstProbe {
  probe_id: number;
  /** Of its results: an AGENT probe has several types. */
  type: string;
  target: string;
  target_agent: number;
  status: 'healthy' | 'degraded' | 'critical' | 'unknown';
  reason: string;
  since: string | null;
  figure: ShownFigure | null;
}

export interface YourPassword {
  password: string;
}
