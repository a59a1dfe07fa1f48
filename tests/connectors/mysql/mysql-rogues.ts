import type { Identity } from '../../support/certificates.ts';
import {
  answer,
  greeting,
  type GreetingOptions,
  ok,
  type RoguePeer,
  type Rows,
} from '../../support/servers/rogue-mysql.ts';

export { flood, stayMute } from '../../support/servers/rogue-server.ts';

export type Script = (peer: RoguePeer) => Promise<void>;

export interface FakeServer {
  readonly identity?: Identity;
  readonly greeting?: GreetingOptions;
  /** Answers the sign-in, whose packet had this number; default: trusts it. */
  readonly signIn?: (peer: RoguePeer, sequence: number) => Promise<void>;
  /** Answers a statement by itself; false leaves it to the fake. */
  readonly onQuery?: (peer: RoguePeer, text: string) => Promise<boolean>;
  readonly version?: string;
  /** Rows by the table of information_schema that a statement reads. */
  readonly rows?: { readonly [source: string]: Rows };
}

/** How many columns each catalog statement has; an empty answer has them too. */
const columnsOf: { readonly [source: string]: number } = {
  tables: 6,
  columns: 11,
  statistics: 10,
  key_column_usage: 8,
  referential_constraints: 5,
  table_constraints: 4,
  check_constraints: 4,
  partitions: 6,
  schemata: 1,
};

/** A script that behaves like MySQL as far as our connector can see, but for what it is given. */
export function fakeMysql(server: FakeServer = {}): Script {
  return async (peer) => {
    const sequence = await greet(peer, server);
    if (sequence === null) return;
    await (server.signIn ?? trust)(peer, sequence);
    for (;;) {
      const command = await peer.receive();
      if (command?.body[0] !== 3) return peer.close();
      const text = command.body.toString('utf8', 1);
      if (await server.onQuery?.(peer, text)) continue;
      await peer.send(answerTo(text, server));
    }
  };
}

/** Greets and reads the sign-in, with or without TLS; its number, or null without one. */
export async function greet(peer: RoguePeer, server: FakeServer = {}): Promise<number | null> {
  await peer.send(greeting({ tls: server.identity !== undefined, ...server.greeting }));
  const first = await peer.receive();
  if (first?.body.length !== 32) return first?.sequence ?? null;
  if (server.identity) peer.encrypt(server.identity);
  return (await peer.receive())?.sequence ?? null;
}

export function trust(peer: RoguePeer, sequence: number): Promise<void> {
  return peer.send(ok(sequence + 1));
}

function answerTo(text: string, server: FakeServer): Buffer {
  if (text.includes('select version()')) return answer([[server.version ?? '8.4.3']]);
  if (text.startsWith('show session variables')) return answer([['transaction_read_only', 'ON']]);
  if (!text.startsWith('select')) return ok(1);
  const rows = server.rows ?? {};
  if (text.includes('count(*)')) {
    const schemas = new Set((rows['tables'] ?? []).map(([schema]) => schema ?? ''));
    return answer(
      [...schemas].map((schema) => [schema, '1']),
      2,
    );
  }
  const source = /information_schema\.(\w+)/.exec(text)?.[1] ?? '';
  if (source === 'tables' && /tables\s+where[^]*(limit|order)/.test(text)) {
    return answer(
      (rows['tables'] ?? []).map(([, name]) => [name ?? null]),
      1,
    );
  }
  const found = rows[source] ?? [];
  return answer(found, found[0]?.length ?? columnsOf[source]);
}

/** A row of the tables statement. */
export function tableRow(name: string, schema = 's', type = 'BASE TABLE'): (string | null)[] {
  return [schema, name, type, 'InnoDB', '0', ''];
}

/** A row of the columns statement. */
export function columnRow(table: string, name: string, position = 1): (string | null)[] {
  return ['s', table, `${position}`, name, 'int', 'YES', null, '', '', '', 'int'];
}

/** A fake with a table, which answers by itself what is asked of one table of information_schema. */
export function atSource(source: string, answer: Script): FakeServer {
  return {
    rows: { tables: [tableRow('t')], columns: [columnRow('t', 'c')] },
    onQuery: async (peer, text) => {
      if (!text.includes(`information_schema.${source}`) || text.includes('count(*)')) return false;
      await answer(peer);
      return true;
    },
  };
}
