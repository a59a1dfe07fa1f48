import { BlockList, isIP } from 'node:net';

/** An inclusive range of addresses of one family. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const bits = { 4: 32n, 6: 128n } as const;
// ::ffff:0:0/96, the IPv4 addresses as IPv6 writes them.
const mappedPrefix = 0xffffn << 32n;

/**
 * Reads an IP literal. An IPv4-mapped IPv6 address is the IPv4 address it stands for, because the
 * kernel connects to that one. Null for everything else, zone identifiers (`%eth0`) included.
 */
export function parseAddress(text: string): AddressRange | null {
  const family = isIP(text);
  if (family === 4) return single(4, ipv4Value(text));
  if (family !== 6 || text.includes('%')) return null;
  const value = ipv6Value(text);
  return value >> 32n === mappedPrefix >> 32n ? single(4, value & 0xffffffffn) : single(6, value);
}

/** Reads `address/prefix`, or an address alone. Throws a RangeError that quotes what it cannot read. */
export function parseCidr(text: string): AddressRange {
  const [address = '', prefixText, ...rest] = text.trim().split('/');
  const base = parseAddress(address);
  if (!base || rest.length > 0) throw new RangeError(`Not an address range: ${text}`);
  const written = address.includes(':') ? bits[6] : bits[4];
  const prefix = prefixText === undefined ? written : parsePrefix(prefixText, written, text);
  const hostBits = written - prefix;
  if (hostBits > bits[base.family]) throw new RangeError(`Not an address range: ${text}`);
  const first = (base.first >> hostBits) << hostBits;
  return { family: base.family, first, last: first | ((1n << hostBits) - 1n) };
}

export function contains(range: AddressRange, address: AddressRange): boolean {
  return (
    range.family === address.family && range.first <= address.first && address.last <= range.last
  );
}

/** What is left of `ranges` without `holes`. */
export function subtract(
  ranges: readonly AddressRange[],
  holes: readonly AddressRange[],
): AddressRange[] {
  return holes.reduce<AddressRange[]>(
    (left, hole) => left.flatMap((range) => cut(range, hole)),
    [...ranges],
  );
}

/** The ranges as Node checks them, on every connect of a socket that was made with the list. */
export function toBlockList(ranges: readonly AddressRange[]): BlockList {
  const list = new BlockList();
  for (const { family, first, last } of ranges) {
    list.addRange(write(family, first), write(family, last), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function cut(range: AddressRange, hole: AddressRange): AddressRange[] {
  const apart = range.family !== hole.family || hole.last < range.first || hole.first > range.last;
  if (apart) return [range];
  const { family, first, last } = range;
  const below = { family, first, last: hole.first - 1n };
  const above = { family, first: hole.last + 1n, last };
  return [below, above].filter((part) => part.first <= part.last);
}

function single(family: 4 | 6, value: bigint): AddressRange {
  return { family, first: value, last: value };
}

function parsePrefix(text: string, width: bigint, whole: string): bigint {
  if (!/^\d{1,3}$/.test(text) || BigInt(text) > width) {
    throw new RangeError(`Not an address range: ${whole}`);
  }
  return BigInt(text);
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function ipv6Value(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const hex = dotted ? `${dotted[1]}${ipv4Groups(dotted[2] ?? '')}` : text;
  const [head = '', tail] = hex.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | group, 0n);
}

function ipv4Groups(text: string): string {
  const value = ipv4Value(text);
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function groups(text: string): bigint[] {
  return text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`));
}

function write(family: 4 | 6, value: bigint): string {
  const [width, base, separator] = family === 4 ? [8n, 10, '.'] : [16n, 16, ':'];
  const parts: string[] = [];
  for (let shift = bits[family] - width; shift >= 0n; shift -= width) {
    parts.push(((value >> shift) & ((1n << width) - 1n)).toString(base));
  }
  return parts.join(separator);
}
