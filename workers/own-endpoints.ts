import { EnvError, type WorkerEnv } from '../shared/env.ts';
import type { OwnEndpoint } from './egress/policy.ts';

/** The parts of the control plane that no data source may lead to: our database, and what is named. */
export function ownEndpoints(
  env: Pick<WorkerEnv, 'DATABASE_URL' | 'EGRESS_DENY_ENDPOINTS'>,
): OwnEndpoint[] {
  const { hostname, port } = new URL(env.DATABASE_URL);
  const database = {
    host: bare(decodeURIComponent(hostname)),
    port: port === '' ? 5432 : Number(port),
    role: 'database',
  } as const;
  return [database, ...env.EGRESS_DENY_ENDPOINTS.map(parseEndpoint)];
}

function parseEndpoint(text: string): OwnEndpoint {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text.trim()) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw new EnvError(
      'The environment variable EGRESS_DENY_ENDPOINTS cannot be used: must be a comma-separated list of host:port.',
    );
  }
  return { host: bare(host), port: Number(port), role: 'api' };
}

/** An IPv6 address without the brackets that it has beside a port. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
