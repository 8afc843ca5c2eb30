/** A probe as `forepost apply` takes it: an item below `probes:` of its agent. */

import type { Agent, Probe } from '../../wire';

type Keyed = Pick<Agent, 'id' | 'external_id'>;

/** What it is called in the document of `forepost export`. */
const keyOf = (kind: string, { id, external_id }: Keyed) => external_id || `${kind}-${id}`;

/** What is as usual is left out. `agents`: its own, and those that it measures towards. */
export function probeItem(probe: Probe, agents: readonly Keyed[]): Record<string, unknown> {
  const targets = probe.targets ?? [];
  const named = new Map(agents.map((one) => [one.id, keyOf('agent', one)]));
  const fields = {
    enabled: probe.enabled ? undefined : false,
    interval_sec: probe.interval_sec,
    timeout_sec: probe.timeout_sec,
    count: probe.count || undefined,
    duration_sec: probe.duration_sec || undefined,
    server: probe.server || undefined,
    bind_interface: probe.bind_interface,
    targets: targets.filter((one) => one.agent_id === null).map((one) => one.target),
    agent_targets: targets.flatMap(({ agent_id }) =>
      agent_id === null ? [] : [named.get(agent_id) ?? `agent-${agent_id}`],
    ),
    bidirectional: probe.bidirectional || undefined,
    labels: probe.labels,
    metadata: probe.metadata,
  };
  const said = Object.entries(fields).filter(([, value]) => !isNothing(value));
  return { id: keyOf('probe', probe), type: probe.type, ...Object.fromEntries(said) };
}

export function probeYaml(probe: Probe, agents: readonly Keyed[]): string {
  const owner = agents.find((one) => one.id === probe.agent_id);
  const head = [
    `# Below "probes:" of agent ${owner ? keyOf('agent', owner) : probe.agent_id}, for forepost apply. *** is "as it is".`,
    ...(probe.external_id
      ? []
      : ['# It has no id of its author yet: forepost export --adopt gives it this one.']),
  ];
  return `${head.join('\n')}\n${block([probeItem(probe, agents)], 0)}\n`;
}

/** YAML in blocks; what is in it came as JSON. */
function block(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return value.map((one) => `${indent}- ${inner(one, depth).trimStart()}`).join('\n');
  }
  return Object.entries(value as object)
    .map(([name, one]) => {
      const nested = typeof one === 'object' && one !== null && !isNothing(one);
      return `${indent}${scalar(name)}:${nested ? `\n${block(one, depth + 1)}` : ` ${scalar(one)}`}`;
    })
    .join('\n');
}

function inner(value: unknown, depth: number): string {
  const nested = typeof value === 'object' && value !== null && !isNothing(value);
  return nested ? block(value, depth + 1) : scalar(value);
}

/** JSON is YAML; only what nobody reads as anything else stands without quotes. */
function scalar(value: unknown): string {
  const plain = typeof value === 'string' && /^[a-zA-Z_][\w.-]*$/.test(value) && !WORDS.test(value);
  return plain ? value : JSON.stringify(value);
}

const WORDS = /^(true|false|yes|no|on|off|y|n|null)$/i;

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
