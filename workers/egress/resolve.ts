import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ConnectionFailure } from '../connectors/connector.ts';
import { type Deadline, withDeadline } from './deadline.ts';

/** All addresses of a name. Replaced in tests by resolvers that lie. */
export type Resolver = (host: string) => Promise<readonly string[]>;

// More answers than any real service gives; a hostile zone must not keep us busy.
const maxAddresses = 16;

/** The resolver of the machine: hosts file, search domains and all. */
export const systemResolver: Resolver = async (host) => {
  const answers = await lookup(host, { all: true });
  return answers.map(({ address }) => address);
};

/**
 * The addresses of `host`, at least one, in the resolver's order. An IP literal stands for itself.
 * Throws HOST_NOT_FOUND, or TIMEOUT when the resolver does not answer.
 */
export async function resolveHost(
  host: string,
  deadline: Deadline,
  resolver: Resolver = systemResolver,
): Promise<readonly string[]> {
  if (isIP(host)) return [host];
  const addresses = await withDeadline(
    resolver(host).catch(() => {
      throw new ConnectionFailure('HOST_NOT_FOUND');
    }),
    deadline,
  );
  if (addresses.length === 0) throw new ConnectionFailure('HOST_NOT_FOUND');
  return addresses.slice(0, maxAddresses);
}
