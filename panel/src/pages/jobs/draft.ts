/** A job while it is typed: who has it, and what it executes. Pure. */

import { labelsOf, labelsText } from '../../text/labels';
import type { JobAgent, JobGroup, JobNotices, JobScript } from '../../wire';

export interface MemberDraft {
  /** 0: all agents that have the labels. */
  agent: number;
  /** "site: Porto", several with commas between. */
  labels: string;
  path: string;
  permission: 'rw' | 'ro';
  /** Of a group, which is kept as it is. */
  tags: JobGroup['tags'];
}

export const memberDraft = (agent = 0): MemberDraft => ({
  agent,
  labels: '',
  path: '',
  permission: 'rw',
  tags: {},
});

export function memberDrafts(agents: readonly JobAgent[], groups: readonly JobGroup[]) {
  return [
    ...agents.map(({ agent_id, path, permission }): MemberDraft => {
      return { ...memberDraft(agent_id), path, permission };
    }),
    ...groups.map(({ labels, tags, path, permission }): MemberDraft => {
      return { ...memberDraft(), labels: labelsText(labels), tags, path, permission };
    }),
  ];
}

export function members(drafts: readonly MemberDraft[]): {
  agents: JobAgent[];
  groups: JobGroup[];
} {
  const agents = drafts.filter((one) => one.agent);
  const groups = drafts.filter((one) => !one.agent);
  return {
    agents: agents.map(({ agent, path, permission }) => {
      return { agent_id: agent, path: path.trim(), permission };
    }),
    groups: groups.map(({ labels, tags, path, permission }) => {
      return { labels: labelsOf(labels), tags, path: path.trim(), permission };
    }),
  };
}

/** Who is told, of runs that ended how: what the form shows of `JobNotices`. */
export type NoticeDraft = Pick<JobNotices, 'on' | 'email' | 'channel_ids'>;

export const noticeDraft = (notices: JobNotices | null | undefined): NoticeDraft => ({
  on: notices?.on ?? ['error'],
  email: notices?.email ?? false,
  channel_ids: notices?.channel_ids ?? [],
});

/** With what it has beside (a webhook of its own, set over REST); null where nobody is told. */
export function noticesOf(
  draft: NoticeDraft,
  before: JobNotices | null | undefined,
): Partial<JobNotices> | null {
  const somebody = draft.email || draft.channel_ids.length > 0;
  const beside = Boolean(before?.webhook_url) || Boolean(before?.apprise_urls.length);
  return draft.on.length > 0 && (somebody || beside) ? { ...before, ...draft } : null;
}

/** A script as it is typed: as one text, or program and arguments, one a line. */
export function commandText(command: JobScript['command'] | undefined): string {
  return Array.isArray(command) ? command.join('\n') : (command ?? '');
}

export function commandOf(text: string, asList: boolean): JobScript['command'] {
  return asList ? text.split('\n').filter(Boolean) : text;
}
