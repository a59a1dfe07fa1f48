import { isIPv4, isIPv6 } from 'node:net';

/**
 * What counts as one place of an address: an IPv4 address itself, also when it is mapped into IPv6,
 * and of IPv6 the /64, which one customer has to guess from. One spelling per place.
 */
export function networkOf(address: string | null): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return 'unknown';
  return groupsOf(plain).slice(0, 4).join(':');
}

function groupsOf(address: string): string[] {
  const [head = '', tail = ''] = address.split('::');
  const left = groupsIn(head);
  const right = groupsIn(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right];
}

/** Without leading zeros, in lower case; an IPv4 tail stands for two groups. */
function groupsIn(text: string): string[] {
  if (text === '') return [];
  return text
    .split(':')
    .flatMap((group) =>
      group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)],
    );
}
