import { createHash } from 'node:crypto';
import type { Connection, ConnectionField } from '../connection.ts';

/** The fields that decide where a secret travels and under which protection. */
export const destinationFields = [
  'host',
  'port',
  'username',
  'sslEnabled',
  'sslCaCertificate',
  'sslClientCertificate',
  'sshEnabled',
  'sshHost',
  'sshPort',
  'sshUsername',
  'snowflakeAccountId',
  'bigQueryProjectId',
  'spannerInstanceId',
  'athenaWorkgroup',
  'athenaOutputLocation',
  'athenaCatalog',
  'databricksWarehouseId',
] as const satisfies readonly ConnectionField[];

const normalizeHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/**
 * The destination of a connection in one line, normalised so that case and a trailing dot do not
 * count as a change. Length-prefixed parts: a host cannot imitate a port.
 */
export function destinationOf(connection: Connection): string {
  const parts = destinationFields.map((field) => {
    const value = connection[field];
    if (value === null) return '-';
    if (field === 'host' || field === 'sshHost') return `=${normalizeHost(String(value))}`;
    if (field === 'sslCaCertificate' || field === 'sslClientCertificate')
      return `=${sha256(String(value))}`;
    return `=${String(value)}`;
  });
  return [connection.dialect, ...parts].map((part) => `${part.length}:${part}`).join('|');
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
