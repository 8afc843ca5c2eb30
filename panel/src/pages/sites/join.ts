/** What to type on the host of a new site. */

import { say } from '../../words/en/sites';

export const ways = () =>
  [
    { id: 'host', name: say.thisProduct, words: say.hostHelp },
    { id: 'netwatcher', name: say.netwatcher, words: say.netwatcherHelp },
  ] as const;
export type Way = ReturnType<typeof ways>[number]['id'];

export interface Joining {
  /** Where the controller is, as the browser found it. */
  origin: string;
  workspace: number;
  agent: number;
  pin: string;
}

/** Each line is copied on its own. */
export function joinLines(way: Way, { origin, workspace, agent, pin }: Joining): string[] {
  const { protocol, host, hostname } = new URL(origin);
  const secure = protocol === 'https:';
  if (way === 'netwatcher') {
    return [
      [
        `CONTROLLER_HOST=${host}`,
        `CONTROLLER_SSL=${secure}`,
        `WORKSPACE_ID=${workspace}`,
        `AGENT_ID=${agent}`,
        `AGENT_PIN=${pin}`,
      ].join('\n'),
    ];
  }
  const loopback = /^(localhost|127\.|\[::1\])/.test(hostname);
  const plain = secure || loopback ? '' : ' --allow-plain';
  return [
    `forepost join ${origin} --workspace ${workspace} --agent ${agent} --pin ${pin}${plain}`,
    'forepost agent',
  ];
}
