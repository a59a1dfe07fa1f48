import { type Resolver, systemResolver } from '../../workers/egress/resolve.ts';

/** A real resolver may take seconds to say that a name does not exist. */
export const localNames: Resolver = (host) =>
  host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host);
