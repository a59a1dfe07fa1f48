import type { Row } from '../../ordered-rows.ts';

/** What the facts of one table say, beside its columns and constraints. */
export interface TableFacts {
  readonly comment: string | null;
  readonly isMaterialized: boolean;
  readonly isExternal: boolean;
  /** `RANGE (CREATED_AT)`; null for a table without partitions. */
  readonly partitionKey: string | null;
  readonly columnComments: ReadonlyMap<string, string>;
  readonly identities: ReadonlyMap<string, 'always' | 'by default'>;
}

/** Sorts the rows of `facts` in statements.ts by their kind. Kinds that are none are left out. */
export function toFacts(rows: readonly Row[]): TableFacts {
  const of = (kind: string): Row[] => rows.filter((row) => row[1] === kind);
  const [materialized] = of('materialized');
  const [partitioning] = of('partitioning');
  // The container of a materialized view has a comment of the server's own.
  const comment = materialized ? materialized[3] : of('comment')[0]?.[3];
  const parted = of('partition column').sort((a, b) => Number(a[4]) - Number(b[4]));
  return {
    comment: comment || null,
    isMaterialized: materialized !== undefined,
    isExternal: of('external').length > 0,
    partitionKey: partitioning
      ? `${partitioning[3] ?? ''} (${parted.map(nameOf).join(', ')})`
      : null,
    columnComments: new Map(of('column comment').map((row) => [nameOf(row), row[3] ?? ''])),
    identities: new Map(
      of('identity').map((row) => [nameOf(row), row[3] === 'ALWAYS' ? 'always' : 'by default']),
    ),
  };
}

function nameOf(row: Row): string {
  return row[2] ?? '';
}
