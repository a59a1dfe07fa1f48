import type { Identity } from '../certificates.ts';
import { ask, complete, dataRow, keyData, ready, type RoguePeer } from './rogue-postgres.ts';

export { flood, stayMute } from './rogue-server.ts';

type Rows = readonly (readonly (string | null)[])[];

export interface FakeServer {
  /** Encrypts when the client asks for it. */
  readonly identity?: Identity;
  /** Signs the client in; default: trusts it. */
  readonly signIn?: (peer: RoguePeer) => Promise<void>;
  /** The row of the version statement. */
  readonly version?: readonly (string | null)[];
  /** Answers a statement by itself; false leaves it to the fake. */
  readonly onQuery?: (peer: RoguePeer, text: string) => Promise<boolean>;
  /** The rows of a catalog cursor, given once; then it is at its end. */
  readonly cursors?: { readonly [cursor: string]: Rows };
}

/** A script that behaves like PostgreSQL as far as our connector can see, but for what it is given. */
export function fakePostgres(server: FakeServer = {}): (peer: RoguePeer) => Promise<void> {
  return async (peer) => {
    await greet(peer, server.identity);
    await (server.signIn ?? trust)(peer);
    const left = new Map(Object.entries(server.cursors ?? {}));
    for (;;) {
      const query = await peer.receive();
      if (query?.type !== 'Q') return peer.close();
      const text = query.body.toString('utf8').replace(/\0$/, '');
      if (await server.onQuery?.(peer, text)) continue;
      await peer.send(Buffer.concat([...answerTo(text, server, left), complete('OK'), ready]));
    }
  };
}

/** Reads up to the startup packet, with or without TLS. */
export async function greet(peer: RoguePeer, identity?: Identity): Promise<void> {
  const first = await peer.receive();
  const wantsTls = first?.body.readInt32BE(0) === 80_877_103;
  if (!wantsTls) return;
  if (!identity) return peer.send(Buffer.from('N'));
  await peer.send(Buffer.from('S'));
  peer.encrypt(identity);
  await peer.receive();
}

export function trust(peer: RoguePeer): Promise<void> {
  return peer.send(Buffer.concat([ask.ok, keyData, ready]));
}

function answerTo(text: string, server: FakeServer, left: Map<string, Rows>): Buffer[] {
  if (text.includes('select version()')) {
    return [dataRow(server.version ?? ['PostgreSQL 18.4 (fake)', 'on'])];
  }
  if (text.includes('select exists (')) return [dataRow(Array.from({ length: 9 }, () => 't'))];
  const types = /format_type[\s\S]*values ([^]*)\) t\(/.exec(text)?.[1];
  if (types !== undefined) {
    const pairs = [...types.matchAll(/\((\d+),(-?\d+)\)/g)];
    return pairs.map(([, id = '', modifier = '']) => dataRow([id, modifier, 'text']));
  }
  const cursor = /^fetch forward \d+ from basekeep_(\w+)$/.exec(text)?.[1] ?? '';
  const rows = left.get(cursor) ?? [];
  left.delete(cursor);
  return rows.map(dataRow);
}

/** A row of the tables statement. */
export function tableRow(oid: number, schema = 'public', name = `t${oid}`): (string | null)[] {
  return [`${oid}`, schema, name, 'r', '0', null, null, null, null, null];
}

/** A row of the columns statement. */
export function columnRow(oid: number, position: number, name = `c${position}`): (string | null)[] {
  return [`${oid}`, `${position}`, name, '25', '-1', 'f', '', ''];
}
