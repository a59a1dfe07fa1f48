import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../../support/certificates.ts';
import * as wire from '../../support/servers/rogue-mysql.ts';
import { startRogueMysql } from '../../support/servers/rogue-mysql.ts';
import {
  atSource,
  columnRow,
  fakeMysql,
  type FakeServer,
  flood,
  greet,
  type Script,
  stayMute,
  tableRow,
} from '../mysql/mysql-rogues.ts';
import { type Hostile, type HostileWire, hostileNames } from './hostile-case.ts';
import { identities } from './identities.ts';
import { impostors } from './impostors.ts';

const password = 'canary-hostile-mysql-password';

const at = (script: Script, rest: Omit<Hostile, 'start'>): Hostile => ({
  start: () => startRogueMysql(script),
  ...rest,
});

const atQuery = (answer: Script): Script =>
  fakeMysql({
    onQuery: async (peer) => {
      await answer(peer);
      await stayMute(peer);
      return true;
    },
  });

const wantClear: NonNullable<FakeServer['signIn']> = async (peer, sequence) => {
  await peer.send(wire.authSwitch(sequence + 1, 'mysql_clear_password'));
  const answer = await peer.receive();
  if (answer) await peer.send(wire.ok(answer.sequence + 1));
};

const greedy = (identity?: Identity): Script =>
  fakeMysql({ ...(identity ? { identity } : {}), signIn: wantClear });

const endless: Script = async (peer) => {
  const row = columnRow('t', 'c');
  const rows = (from: number) =>
    Array.from({ length: 256 - from }, (_, n) => wire.textRow(from + n, row));
  await peer.send(Buffer.concat([wire.rowsHead(row.length), ...rows(row.length + 3)]));
  await flood(peer, Buffer.concat(rows(0)));
};

const names = hostileNames.filter((name) => !name.includes('\0'));

export const mysqlWire: HostileWire = {
  dialect: 'MYSQL',
  connection: { host: 'localhost', username: 'somebody', sslEnabled: false },
  secrets: { password },
  forms: [password],
  rows: {
    'is mute': at(stayMute, { check: 'TIMEOUT' }),
    'is mute in the TLS handshake': at(
      async (peer) => {
        await peer.send(wire.greeting({ tls: true }));
        await stayMute(peer);
      },
      { connection: { sslEnabled: true }, check: 'TIMEOUT', isToldSecret: false },
    ),
    'is mute at the sign-in': at(fakeMysql({ signIn: stayMute }), { check: 'TIMEOUT' }),
    'is mute at a statement': at(
      atQuery(() => Promise.resolve()),
      { check: 'TIMEOUT' },
    ),
    'is mute amid a catalog': at(fakeMysql(atSource('columns', stayMute)), {
      ...{ check: null, sync: 'TIMEOUT' },
    }),
    'drips byte by byte': at(
      async (peer) => {
        await greet(peer);
        await peer.send(wire.header(2, 10_000));
        while (!peer.closed) {
          await peer.send(Buffer.from('x'));
          await sleep(10);
        }
      },
      { check: 'TIMEOUT' },
    ),
    'promises an oversized frame': at(
      async (peer) => {
        await peer.send(wire.header(0, 0xff_ff_ff));
        await stayMute(peer);
      },
      { check: 'PROTOCOL_ERROR' },
    ),
    'sends rows without end': at(fakeMysql(atSource('columns', endless)), {
      ...{ check: null, sync: ['PROTOCOL_ERROR', 'LIMIT_EXCEEDED', 'TIMEOUT'], isHeavy: true },
    }),
    'writes an error of 100 KB': at(
      async (peer) => {
        await greet(peer);
        await peer.send(wire.serverError(2, 1_234, 'x'.repeat(100_000)));
      },
      { check: 'SERVER_ERROR' },
    ),
    'has hostile identifiers': at(
      fakeMysql({
        rows: {
          tables: names.map((name) => tableRow(name)),
          columns: names.map((name) => columnRow(name, name)),
        },
      }),
      { check: null, names },
    ),
    'asks for the password itself': at(greedy(), { check: 'TLS_REQUIRED', isToldSecret: false }),
    'asks for a file of ours': at(
      atQuery((peer) => peer.send(wire.packet(1, 0xfb, '/etc/passwd'))),
      { check: 'PROTOCOL_ERROR' },
    ),
    'refuses TLS': at(greedy(), {
      ...{ connection: { sslEnabled: true }, check: 'TLS_NOT_SUPPORTED', isToldSecret: false },
    }),
    ...impostors((identity) => startRogueMysql(greedy(identity))),
    redirects: { not: 'only clients of MariaDB Connector follow redirects, and ours is not one' },
    'speaks another protocol': at(
      async (peer) => {
        await peer.send(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'));
        await stayMute(peer);
      },
      { check: 'PROTOCOL_ERROR' },
    ),
    'means well': at(greedy(identities.good), {
      connection: { sslEnabled: true, sslCaCertificate: identities.authority },
      ...{ check: null, isToldSecret: true },
    }),
  },
};
