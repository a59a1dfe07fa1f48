/** Capability flags: MySQL internals manual, "Capabilities Flags". */
export const capability = {
  LONG_PASSWORD: 0x1,
  LONG_FLAG: 0x4,
  CONNECT_WITH_DB: 0x8,
  PROTOCOL_41: 0x200,
  SSL: 0x800,
  TRANSACTIONS: 0x2000,
  SECURE_CONNECTION: 0x8000,
  PLUGIN_AUTH: 0x80000,
  CONNECT_ATTRS: 0x100000,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x200000,
} as const;

/** What mysql2 would ask for by itself, and what we never want a server to do. */
const notWanted = [
  // A server may then ask for any file of ours at any time.
  'LOCAL_FILES',
  'MULTI_STATEMENTS',
  'MULTI_RESULTS',
  'PS_MULTI_RESULTS',
  'SESSION_TRACK',
  'CLIENT_QUERY_ATTRIBUTES',
  'COMPRESS',
  'FOUND_ROWS',
  'ODBC',
  'IGNORE_SPACE',
  'IGNORE_SIGPIPE',
  'RESERVED',
];

/** What a server must be able to do: every MySQL since 5.6, MariaDB since 5.5, Vitess, the proxies. */
export const required =
  capability.PROTOCOL_41 | capability.SECURE_CONNECTION | capability.PLUGIN_AUTH;

/** What we say that we can do, but for SSL. */
export const ours = Object.entries(capability)
  .filter(([name]) => name !== 'SSL')
  .reduce((flags, [, flag]) => flags | flag, 0);

/** For mysql2's `flags` option: exactly `ours`, and SSL where it is on. */
export function clientFlags(encrypted: boolean): string[] {
  return [...notWanted.map((name) => `-${name}`), ...(encrypted ? ['SSL'] : [])];
}

// utf8mb4_general_ci: known to every server since 5.5.
export const charsetNumber = 45;
