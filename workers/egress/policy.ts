import { lookup } from 'node:dns/promises';
import type { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AddressRange } from './address-ranges.ts';
import { contains, parseAddress, parseCidr, subtract, toBlockList } from './address-ranges.ts';
import { deniedByDefault, neverOpened, privateRanges } from './denied-ranges.ts';

/** A part of the control plane itself: nobody's data source. */
export interface OwnEndpoint {
  /** A name or an IP literal, as in our own configuration. */
  readonly host: string;
  readonly port: number;
  /** Only a `database` can become reachable again, for the demo data source. */
  readonly role: 'database' | 'api';
}

export interface EgressSettings {
  /** Private ranges that data sources may lie in; `private` opens RFC 1918, loopback and ULA. */
  readonly allowCidrs: readonly string[] | 'private';
  readonly ownEndpoints: readonly OwnEndpoint[];
}

/** The addresses that may be connected to on one port, at one moment. */
export interface EgressGuard {
  allows(address: string): boolean;
  /** For the CONSTRUCTOR of `net.Socket`; handed to `connect()` Node ignores it silently. */
  readonly blockList: BlockList;
}

/** Decides where workers may connect to. Everything that opens a socket to a customer asks it. */
export interface EgressPolicy {
  guardFor(port: number): Promise<EgressGuard>;
  /** The same policy, with our own database as the one more place that may be reached. */
  forDemo(): EgressPolicy;
}

// Own host names may move (a failover); shorter than the usual time to live of such a name.
const ownAddressesTtlMs = 10_000;

/**
 * Denies what security.md fact 4 lists, minus `allowCidrs`, and on the ports of our own endpoints
 * every address of this machine and of theirs. Link-local, metadata, unspecified, multicast and
 * broadcast addresses stay closed whatever is allowed.
 * Throws a RangeError that quotes a range it cannot read.
 */
export function createEgressPolicy(settings: EgressSettings): EgressPolicy {
  const allowed =
    settings.allowCidrs === 'private' ? privateRanges : settings.allowCidrs.map(parseCidr);
  const denied = [...subtract(deniedByDefault, allowed), ...neverOpened];
  return policyOver(denied, settings.ownEndpoints, false);
}

function policyOver(
  denied: readonly AddressRange[],
  endpoints: readonly OwnEndpoint[],
  demo: boolean,
): EgressPolicy {
  const everywhere = guardOver(denied);
  const cached = new Map<number, { guard: Promise<EgressGuard>; until: number }>();

  async function guardOwnPort(own: readonly OwnEndpoint[]): Promise<EgressGuard> {
    const opened = own.filter((endpoint) => demo && endpoint.role === 'database');
    const closed = own.filter((endpoint) => !opened.includes(endpoint));
    const closedRanges =
      closed.length > 0 ? [...thisMachine(), ...(await addressesOf(closed))] : [];
    return guardOver([...subtract(denied, await addressesOf(opened)), ...closedRanges]);
  }

  return {
    guardFor(port) {
      const own = endpoints.filter((endpoint) => endpoint.port === port);
      if (own.length === 0) return Promise.resolve(everywhere);
      const now = performance.now();
      const known = cached.get(port);
      if (known && known.until > now) return known.guard;
      const guard = guardOwnPort(own);
      cached.set(port, { guard, until: now + ownAddressesTtlMs });
      return guard;
    },
    forDemo: () => policyOver(denied, endpoints, true),
  };
}

function guardOver(denied: readonly AddressRange[]): EgressGuard {
  return {
    allows(text) {
      const address = parseAddress(text);
      return address !== null && !denied.some((range) => contains(range, address));
    },
    blockList: toBlockList(denied),
  };
}

/** Every address by which this machine can reach itself. */
function thisMachine(): AddressRange[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const own = interfaces.flatMap(({ address }) => parseAddress(address) ?? []);
  return [...own, ...['127.0.0.0/8', '::1', '0.0.0.0/8', '::'].map(parseCidr)];
}

async function addressesOf(endpoints: readonly OwnEndpoint[]): Promise<AddressRange[]> {
  const found = await Promise.all(endpoints.map(({ host }) => ownAddresses(host)));
  return found.flat();
}

async function ownAddresses(host: string): Promise<AddressRange[]> {
  const literal = parseAddress(host);
  if (literal) return [literal];
  try {
    const answers = await lookup(host, { all: true });
    return answers.flatMap(({ address }) => parseAddress(address) ?? []);
  } catch {
    // A name that does not resolve for us leads nowhere for anybody else here either.
    return [];
  }
}
