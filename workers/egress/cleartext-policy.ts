import { contains, parseAddress } from './address-ranges.ts';
import { deniedByDefault } from './denied-ranges.ts';
import type { EgressPolicy } from './policy.ts';

/**
 * A policy for what is not encrypted: only networks that are closed unless the operator opens them.
 * On the way to a public address anybody could read along.
 */
export function cleartextPolicy(policy: EgressPolicy): EgressPolicy {
  return {
    async guardFor(port) {
      const { allows, blockList } = await policy.guardFor(port);
      return { blockList, allows: (address) => allows(address) && isPrivate(address) };
    },
    forDemo: () => cleartextPolicy(policy.forDemo()),
  };
}

function isPrivate(text: string): boolean {
  const address = parseAddress(text);
  return address !== null && deniedByDefault.some((range) => contains(range, address));
}
