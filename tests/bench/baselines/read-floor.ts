import type { Duplex } from 'node:stream';
import pg from 'pg';

const userTables = `c.relkind in ('r','p','v','m','f') and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'`;

/** The four flat statements of design/dialects.md section 7: all there is to know of a catalog. */
const statements = `
select c.oid, n.nspname, c.relname, c.relkind, c.reltuples, d.description
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
  and d.objsubid = 0
where ${userTables};
select a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull,
  case when a.attgenerated = '' then pg_get_expr(ad.adbin, 0)
    else pg_get_expr(ad.adbin, ad.adrelid) end as def,
  a.attidentity, a.attgenerated, d.description
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
left join pg_description d on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass
  and d.objsubid = a.attnum
where ${userTables};
select k.conrelid, k.conname, k.contype, k.conkey, k.confrelid, k.confkey, k.confupdtype,
  k.confdeltype
from pg_constraint k join pg_namespace n on n.oid = k.connamespace
where k.contype in ('p','f','u') and k.conrelid <> 0 and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema';
select x.indrelid, ic.relname, x.indisunique, x.indisprimary, x.indkey, am.amname, x.indoption,
  case when x.indexprs is not null or x.indpred is not null
    then pg_get_indexdef(x.indexrelid) end as def
from pg_index x join pg_class ic on ic.oid = x.indexrelid
join pg_namespace n on n.oid = ic.relnamespace join pg_am am on am.oid = ic.relam
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema';`;

/** Milliseconds that the server takes to send all rows to somebody who only counts bytes. */
export async function readFloorMs(url: string): Promise<number> {
  const client = new pg.Client(url);
  // It will see its stream closed without a word of farewell.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // pg takes every row apart, which would be its time and not the server's.
    const stream = streamOf(client);
    stream.removeAllListeners('data');
    const startedAt = performance.now();
    await sendAndDrop(stream, statements);
    return performance.now() - startedAt;
  } finally {
    streamOf(client).destroy();
  }
}

function streamOf(client: pg.Client): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}

/** One message of the simple protocol; resolves when the server is ready for the next. */
function sendAndDrop(stream: Duplex, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const messages = new MessageWalk();
    stream.once('error', reject);
    stream.on('data', (chunk: Buffer) => {
      messages.walk(chunk);
      if (messages.last === 'E') reject(new Error('the server refused the statements'));
      else if (messages.last === 'Z') resolve();
    });
    const body = Buffer.from(`${text}\0`);
    const head = Buffer.alloc(5);
    head.write('Q');
    head.writeInt32BE(body.length + 4, 1);
    stream.write(Buffer.concat([head, body]));
  });
}

/** Walks over the messages in a stream of bytes: a type, a length of 4 bytes, and what it counts. */
class MessageWalk {
  /** The type of the latest message that has begun. */
  last = '';
  #skip = 0;
  #head: Buffer = Buffer.alloc(0);

  walk(chunk: Buffer): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (at < chunk.length) {
      const missing = 5 - this.#head.length;
      const part = chunk.subarray(at, at + missing);
      this.#head = this.#head.length === 0 ? part : Buffer.concat([this.#head, part]);
      at += part.length;
      if (this.#head.length < 5) return;
      this.last = String.fromCharCode(this.#head[0] ?? 0);
      if (this.last === 'E') return;
      const length = this.#head.readInt32BE(1) - 4;
      this.#head = Buffer.alloc(0);
      const skipped = Math.min(length, chunk.length - at);
      at += skipped;
      this.#skip = length - skipped;
    }
  }
}
