import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from, to } from 'pg-copy-streams';
import type pg from 'pg';

const columns = `table_id, valid_from, valid_to, data_source_id, schema_name, name, kind, column_names,
  definition, hash, row_estimate`;

/** The stored catalog of a data source as COPY writes it. */
export async function copyOut(client: pg.Client, dataSourceId: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const select = `select ${columns} from catalog_table
    where data_source_id = ${client.escapeLiteral(dataSourceId)} and valid_to is null`;
  for await (const chunk of client.query(to(`copy (${select}) to stdout`))) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * Milliseconds to COPY the same bytes into a table with the columns and the primary key of
 * catalog_table, in one transaction, to the end of its commit.
 */
export async function copyFloorMs(client: pg.Client, rows: Buffer): Promise<number> {
  await client.query(
    'create table bench_copy (like catalog_table, primary key (table_id, valid_from))',
  );
  try {
    const startedAt = performance.now();
    await client.query('begin');
    const sink = client.query(from(`copy bench_copy (${columns}) from stdin`));
    await pipeline(Readable.from(slices(rows)), sink);
    await client.query('commit');
    return performance.now() - startedAt;
  } finally {
    await client.query('drop table bench_copy');
  }
}

function* slices(bytes: Buffer): Generator<Buffer> {
  const size = 64 * 1024;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
