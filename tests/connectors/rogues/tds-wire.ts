import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlServerTable } from '../../stand-ins/sql-server/catalog.ts';
import { packets } from '../../stand-ins/sql-server/handshake.ts';
import {
  preloginAnswer,
  type SqlServerOptions,
  startSqlServer,
  welcome,
} from '../../stand-ins/sql-server/server.ts';
import * as tokens from '../../stand-ins/sql-server/tokens.ts';
import { at, obscured } from '../sql-server/rogue-harness.ts';
import { columnFacts } from '../sql-server/sql-server-awkward.ts';
import { newState, password } from '../sql-server/sql-server-under-test.ts';
import { startCanary } from '../../support/canary.ts';
import {
  type Hostile,
  hostileNames,
  type HostileServer,
  type HostileWire,
} from './hostile-case.ts';
import { withElsewhere } from './with-elsewhere.ts';
import { identities } from './identities.ts';
import { impostors } from './impostors.ts';

const mute = (): void => undefined;
const tableOf = (name: string): SqlServerTable => ({
  ...{ schema: 'dbo', name, type: 'U', comment: null, rows: '0' },
  columns: [columnFacts(1, name, 'int')],
});
const start = (options: SqlServerOptions, tables = [tableOf('t')]) =>
  startSqlServer(newState(tables), options);

const rogue = (options: SqlServerOptions, rest: Omit<Hostile, 'start'>): Hostile => ({
  start: () => start(options),
  ...rest,
});

/** Bytes as packets of which none says that it is the last one. */
function open(payload: Buffer): Buffer {
  const bytes = packets(0x04, payload);
  for (let from = 0; from < bytes.length; from += bytes.readUInt16BE(from + 2)) bytes[from + 1] = 0;
  return bytes;
}

/** Offers TLS, and says no more once it has been taken up. */
function offeringTls(): SqlServerOptions {
  const offered = new WeakSet();
  return at('prelogin', (peer) => {
    if (offered.has(peer)) return;
    offered.add(peer);
    void peer.send(preloginAnswer(1));
  });
}

const lengths: tokens.ColumnLength[] = Array.from({ length: 14 }, () => 'limited');
const endless = at('columns', async (peer) => {
  const row = tokens.row(['1', ...columnFacts(1, 'c', 'int')], lengths);
  const rows = Buffer.concat(Array.from({ length: 100 }, () => row));
  await peer.send(open(Buffer.concat([tokens.columns(lengths), rows])));
  while (!peer.closed) await peer.send(open(rows));
});

/** Of SQL Server's names, which have 128 characters at most; its columns tell longer ones anyway. */
const names = hostileNames.filter((name) => !name.includes('\0'));

const error = tokens.serverError(50_000, 'x'.repeat(25_000));

/** Sends its clients on to another host, as Azure does. */
async function startRouting(): Promise<HostileServer> {
  const elsewhere = await startCanary();
  const away = tokens.routing('127.0.0.1', elsewhere.port);
  const signIn = [...welcome('Shop').slice(0, -1), away, tokens.done()];
  const server = await start(at('sign-in', (peer) => peer.answer(...signIn)));
  return withElsewhere(server, elsewhere);
}

export const tdsWire: HostileWire = {
  dialect: 'SQL_SERVER',
  connection: { host: 'localhost', username: 'reader', sslEnabled: false },
  secrets: { password },
  forms: [obscured(password), Buffer.from(password, 'utf16le'), password],
  rows: {
    'is mute': rogue(at('prelogin', mute), { check: 'TIMEOUT' }),
    'is mute in the TLS handshake': {
      start: () => start(offeringTls()),
      ...{ connection: { sslEnabled: true }, check: 'TIMEOUT', isToldSecret: false },
    },
    'is mute at the sign-in': rogue(at('sign-in', mute), { check: 'TIMEOUT' }),
    'is mute at a statement': rogue(at('settings', mute), { check: 'TIMEOUT' }),
    'is mute amid a catalog': rogue(at('columns', mute), { check: 'TIMEOUT' }),
    'drips byte by byte': rogue(
      at('sign-in', async (peer) => {
        await peer.send(packets(0x04, Buffer.alloc(4_000)).subarray(0, 8));
        while (!peer.closed) {
          await peer.send(Buffer.from([0xab]));
          await sleep(10);
        }
      }),
      { check: 'TIMEOUT' },
    ),
    'promises an oversized frame': rogue(
      at('prelogin', (peer) => peer.send(Buffer.from([0x04, 1, 0xff, 0xff, 0, 0, 0, 0]))),
      { check: 'PROTOCOL_ERROR' },
    ),
    'sends rows without end': rogue(endless, {
      ...{ check: ['PROTOCOL_ERROR', 'LIMIT_EXCEEDED', 'TIMEOUT'], isHeavy: true },
    }),
    'writes an error of 100 KB': rogue(
      at('sign-in', (peer) =>
        peer.answer(error, error, error, error, tokens.done(tokens.status.error)),
      ),
      { check: 'SERVER_ERROR' },
    ),
    'has hostile identifiers': { start: () => start({}, names.map(tableOf)), check: null, names },
    'asks for the password itself': {
      not: 'the protocol only obscures it, and so always needs TLS',
    },
    'asks for a file of ours': { not: 'the protocol has no request for files' },
    'refuses TLS': rogue(
      {},
      {
        ...{ connection: { sslEnabled: true }, check: 'TLS_NOT_SUPPORTED', isToldSecret: false },
      },
    ),
    ...impostors((identity) => start({ identity })),
    redirects: { start: startRouting, check: 'REDIRECT_REFUSED' },
    'speaks another protocol': rogue(
      at('prelogin', (peer) => peer.send(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'))),
      { check: 'PROTOCOL_ERROR' },
    ),
    'means well': rogue(
      { identity: identities.good },
      {
        connection: { sslEnabled: true, sslCaCertificate: identities.authority },
        ...{ check: null, isToldSecret: true },
      },
    ),
  },
};
