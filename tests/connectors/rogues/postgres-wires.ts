import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../../support/certificates.ts';
import { fakeRedshift } from '../../support/servers/fake-redshift.ts';
import * as wire from '../../support/servers/rogue-postgres.ts';
import { type RoguePeer, startRoguePostgres } from '../../support/servers/rogue-postgres.ts';
import * as scripts from '../../support/servers/rogue-scripts.ts';
import {
  fakePostgres,
  type FakeServer,
  flood,
  greet,
  stayMute,
  trust,
} from '../../support/servers/rogue-scripts.ts';
import { type Hostile, type HostileRows, type HostileWire, hostileNames } from './hostile-case.ts';
import { identities } from './identities.ts';
import { impostors } from './impostors.ts';

type Script = (peer: RoguePeer) => Promise<void>;

const password = 'canary-hostile-postgres-password';

const at = (script: Script, rest: Omit<Hostile, 'start'>): Hostile => ({
  start: () => startRoguePostgres(script),
  ...rest,
});

/** Greets without TLS and then does something else than it should. */
const greeted = (then: Script, check: Hostile['check']): Hostile =>
  at(
    async (peer) => {
      await greet(peer);
      await then(peer);
    },
    { check },
  );

/** Takes TLS, if it has a certificate, and wants the password as readable as can be. */
const greedily = (identity?: Identity): Pick<FakeServer, 'identity' | 'signIn'> => ({
  ...(identity ? { identity } : {}),
  signIn: async (peer) => {
    await peer.send(wire.ask.cleartext);
    await peer.receive();
    await trust(peer);
  },
});
const greedy = (identity?: Identity): Script => fakePostgres(greedily(identity));

/** What both catalogs have in common: all that comes before a catalog. */
const beforeCatalogs = {
  'is mute': at(stayMute, { connection: { sslEnabled: true }, check: 'TIMEOUT' }),
  'is mute in the TLS handshake': at(
    async (peer) => {
      await peer.receive();
      await peer.send(Buffer.from('S'));
      await stayMute(peer);
    },
    { connection: { sslEnabled: true }, check: 'TIMEOUT', isToldSecret: false },
  ),
  'is mute at the sign-in': greeted(stayMute, 'TIMEOUT'),
  'is mute at a statement': greeted(async (peer) => {
    await trust(peer);
    await stayMute(peer);
  }, 'TIMEOUT'),
  'drips byte by byte': greeted(async (peer) => {
    await peer.send(wire.header('N', 10_000));
    while (!peer.closed) {
      await peer.send(Buffer.from('x'));
      await sleep(10);
    }
  }, 'TIMEOUT'),
  'promises an oversized frame': greeted(async (peer) => {
    await peer.send(wire.header('R', 2 ** 31 - 1));
    await stayMute(peer);
  }, 'PROTOCOL_ERROR'),
  'writes an error of 100 KB': greeted(
    (peer) => peer.send(wire.serverError('53200', 'x'.repeat(100_000))),
    'SERVER_ERROR',
  ),
  'asks for the password itself': {
    ...greeted((peer) => peer.send(wire.ask.cleartext), 'TLS_REQUIRED'),
    isToldSecret: false,
  },
  // COPY ... FROM STDIN is how this protocol asks for files.
  'asks for a file of ours': greeted(async (peer) => {
    await trust(peer);
    await peer.receive();
    await peer.send(wire.message('G', Buffer.from([0, 0, 0])));
    await stayMute(peer);
  }, 'PROTOCOL_ERROR'),
  'refuses TLS': at(greedy(), {
    ...{ connection: { sslEnabled: true }, check: 'TLS_NOT_SUPPORTED', isToldSecret: false },
  }),
  ...impostors((identity) => startRoguePostgres(greedy(identity))),
  redirects: { not: 'the protocol has no redirects' },
  'speaks another protocol': greeted(async (peer) => {
    await peer.send(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'));
    await stayMute(peer);
  }, 'PROTOCOL_ERROR'),
} satisfies Partial<HostileRows>;

const meansWell = (script: Script): Hostile =>
  at(script, {
    connection: { sslEnabled: true, sslCaCertificate: identities.authority },
    ...{ check: null, isToldSecret: true },
  });

type AtCatalog = (words: string, answer: Script) => Script;

/** Servers that mean well until a statement of a catalog; `words` are in it alone. */
const atCatalog = (make: AtCatalog, words: string, row: Buffer) => ({
  'is mute amid a catalog': at(make(words, stayMute), { check: null, sync: 'TIMEOUT' }),
  'sends rows without end': at(
    make(words, (peer) => flood(peer, row)),
    { check: null, sync: ['PROTOCOL_ERROR', 'LIMIT_EXCEEDED', 'TIMEOUT'], isHeavy: true },
  ),
});

const inCursors: AtCatalog = (words, answer) =>
  fakePostgres({
    cursors: { tables: [scripts.tableRow(20_000)] },
    onQuery: async (peer, text) => {
      if (!text.includes(words)) return false;
      await answer(peer);
      return true;
    },
  });

const inViews: AtCatalog = (words, answer) =>
  fakeRedshift({ tables: [['20000', 'public', 't', 'r', null]] }, async (peer, text) => {
    if (!text.includes(words)) return false;
    await answer(peer);
    return true;
  });

// A server cannot put NUL into a name: its own strings end there. Ours would store U+FFFD.
const names = hostileNames.filter((name) => !name.includes('\0'));
const named = (script: Script): Hostile => at(script, { check: null, names });
const manyRows = Buffer.concat(
  Array.from({ length: 100 }, () => wire.dataRow(scripts.columnRow(20_000, 1))),
);

const common = {
  connection: { host: 'localhost', username: 'somebody', sslEnabled: false },
  secrets: { password },
  forms: [password],
};

export const postgresWires: readonly HostileWire[] = [
  {
    ...common,
    dialect: 'POSTGRES',
    rows: {
      ...beforeCatalogs,
      'means well': meansWell(greedy(identities.good)),
      ...atCatalog(inCursors, 'from basekeep_columns', manyRows),
      'has hostile identifiers': named(
        fakePostgres({
          cursors: { tables: names.map((name, n) => scripts.tableRow(20_000 + n, name, name)) },
        }),
      ),
    },
  },
  {
    ...common,
    dialect: 'REDSHIFT',
    rows: {
      ...beforeCatalogs,
      'means well': meansWell(fakeRedshift({}, undefined, greedily(identities.good))),
      ...atCatalog(inViews, 'limit 200', manyRows),
      'has hostile identifiers': named(
        fakeRedshift({
          tables: names.map((name, n) => [`${n + 1}`, '__proto__', name, 'r', null]),
        }),
      ),
    },
  },
];
