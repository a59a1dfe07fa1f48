import { setTimeout as sleep } from 'node:timers/promises';
import * as answers from '../../stand-ins/oracle/answers.ts';
import type { OracleTable } from '../../stand-ins/oracle/catalog.ts';
import { dataPackets, redirection } from '../../stand-ins/oracle/packets.ts';
import type { OracleOptions } from '../../stand-ins/oracle/options.ts';
import { startOracle } from '../../stand-ins/oracle/server.ts';
import { startCanary } from '../../support/canary.ts';
import { columnFacts } from '../oracle/oracle-awkward.ts';
import { newState, password } from '../oracle/oracle-under-test.ts';
import { answering, at } from '../oracle/rogue-harness.ts';
import {
  type Hostile,
  hostileNames,
  type HostileServer,
  type HostileWire,
} from './hostile-case.ts';
import { identities } from './identities.ts';
import { impostors } from './impostors.ts';
import { withElsewhere } from './with-elsewhere.ts';

const mute = (): void => undefined;
const tableOf = (name: string): OracleTable => ({
  ...{ schema: 'SHOP', name, type: 'TABLE', rows: '0', columns: [columnFacts(name, 'DATE')] },
});
const start = (options: OracleOptions, tables = [tableOf('T')]) =>
  startOracle(newState(tables), options);

const rogue = (options: OracleOptions, rest: Omit<Hostile, 'start'>): Hostile => ({
  start: () => start(options),
  ...rest,
});

const kinds: answers.ColumnKind[] = [...Array<'text'>(13).fill('text'), 'long'];
const endless = at('columns', async (peer) => {
  await answering(answers.columns(kinds), answers.rowHeader())(peer);
  const row = answers.row(['T', ...columnFacts('C', 'DATE')], kinds);
  const rows = dataPackets(Buffer.concat(Array.from({ length: 100 }, () => row)));
  while (!peer.closed) await peer.send(rows);
});

/** Names as long as a bind can be; Oracle's own have 128 bytes at most. */
const names = hostileNames.filter(
  (name) => !name.includes('\0') && Buffer.byteLength(name) <= 4_000,
);

/** Sends its clients on to another host, as the listener of a cluster does. */
async function startRedirecting(): Promise<HostileServer> {
  const elsewhere = await startCanary();
  const away = `(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${elsewhere.port}))`;
  const server = await start(at('connect', (peer) => peer.send(redirection(away))));
  return withElsewhere(server, elsewhere);
}

const overTls = { sslEnabled: true };

export const tnsWire: HostileWire = {
  dialect: 'ORACLE',
  connection: {
    ...{ host: 'localhost', username: 'reader', databaseName: 'shop.test', sslEnabled: false },
  },
  secrets: { password },
  // The password never leaves but under a key that only its two owners can derive.
  forms: ['AUTH_PASSWORD', password],
  rows: {
    'is mute': rogue(at('connect', mute), { check: 'TIMEOUT' }),
    'is mute in the TLS handshake': {
      start: () => start({ isMute: true }),
      ...{ connection: overTls, check: 'TIMEOUT', isToldSecret: false },
    },
    'is mute at the sign-in': rogue(at('sign-in', mute), { check: 'TIMEOUT' }),
    'is mute at a statement': rogue(at('settings', mute), { check: 'TIMEOUT' }),
    'is mute amid a catalog': rogue(at('columns', mute), { check: 'TIMEOUT' }),
    'drips byte by byte': rogue(
      at('protocol', async (peer) => {
        await peer.send(dataPackets(Buffer.alloc(4_000)).subarray(0, 10));
        while (!peer.closed) {
          await peer.send(Buffer.from([0xab]));
          await sleep(10);
        }
      }),
      { check: 'TIMEOUT' },
    ),
    'promises an oversized frame': rogue(
      at('protocol', (peer) => peer.send(Buffer.from([0xff, 0xff, 0xff, 0xff, 6, 0, 0, 0]))),
      { check: 'PROTOCOL_ERROR' },
    ),
    'sends rows without end': rogue(endless, {
      ...{ check: ['LIMIT_EXCEEDED', 'TIMEOUT'], isHeavy: true },
    }),
    'writes an error of 100 KB': rogue(
      at('proof', answering(answers.end(60_000, 'x'.repeat(100_000)))),
      { check: 'SERVER_ERROR' },
    ),
    'has hostile identifiers': { start: () => start({}, names.map(tableOf)), check: null, names },
    'asks for the password itself': { not: 'the protocol has no sign-in that shows it' },
    'asks for a file of ours': { not: 'the protocol has no request for files' },
    'refuses TLS': rogue(
      {},
      { connection: overTls, check: 'TLS_NOT_SUPPORTED', isToldSecret: false },
    ),
    ...impostors((identity) => start({ identity })),
    redirects: { start: startRedirecting, check: 'REDIRECT_REFUSED' },
    'speaks another protocol': rogue(
      at('connect', (peer) => peer.send(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'))),
      { check: 'PROTOCOL_ERROR' },
    ),
    'means well': rogue(
      { identity: identities.good },
      {
        connection: { ...overTls, sslCaCertificate: identities.authority },
        ...{ check: null, isToldSecret: true },
      },
    ),
  },
};
