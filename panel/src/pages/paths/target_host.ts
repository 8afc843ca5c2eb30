/** The host of a target: an MTR goes to a host, whatever is asked of it. */
export function hostOf(target: string): string {
  const bare = target.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/s, '');
  const bracketed = /^\[([^\]]+)\]/.exec(bare);
  if (bracketed) return bracketed[1] as string;
  // More than one colon: an address of IPv6, without a port.
  return /^[^:]+:\d+$/.test(bare) ? bare.replace(/:\d+$/, '') : bare;
}
