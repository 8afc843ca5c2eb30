/** Ports and volumes of a microservice as they are typed: as Docker's command line has them. Pure. */

import type { PortMapping, VolumeMapping } from '../../wire';
import { say } from '../../words/en/workloads';

/** "8080:80" a line: the host's port, the container's; "/udp" where it is not TCP. */
export function portsText(ports: readonly PortMapping[]): string {
  return ports
    .map(({ external, internal, protocol }) => {
      return `${external}:${internal}${protocol === 'udp' ? '/udp' : ''}`;
    })
    .join('\n');
}

/** Throws words about a line that is none. */
export function portsOf(text: string): PortMapping[] {
  return linesOf(text).map((line) => {
    const found = /^(\d+)(?::(\d+))?(?:\/(tcp|udp))?$/.exec(line);
    if (!found) throw new Error(say.noPort(line));
    const [, external, internal = external, protocol = 'tcp'] = found;
    return {
      external: Number(external),
      internal: Number(internal),
      ...(protocol === 'udp' && { protocol: 'udp' as const }),
    };
  });
}

/** "data:/var/lib/data" a line, ":ro" where it is only read; a source with a slash is the host's. */
export function volumesText(volumes: readonly VolumeMapping[]): string {
  return volumes
    .map((one) => `${one.source}:${one.target}${one.read_only ? ':ro' : ''}`)
    .join('\n');
}

/** Throws words about a line that is none. */
export function volumesOf(text: string): VolumeMapping[] {
  return linesOf(text).map((line) => {
    const found = /^([^:]+):(\/[^:]*)(:ro)?$/.exec(line);
    if (!found) throw new Error(say.noVolume(line));
    const [, source = '', target = '', readOnly] = found;
    return {
      source,
      target,
      ...(source.startsWith('/') && { type: 'bind' as const }),
      ...(readOnly && { read_only: true }),
    };
  });
}

/** The configuration as JSON text; empty: there is none. */
export function configText(config: unknown): string {
  if (config === null || config === undefined) return '';
  return typeof config === 'string' ? config : JSON.stringify(config, null, 2);
}

function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || []);
}
