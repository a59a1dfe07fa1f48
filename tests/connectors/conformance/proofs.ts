import type { CatalogTable } from '../../../shared/catalog.ts';

/** What the tests of the suite prove, each of them one of these. */
export const provable = ['probe', 'catalog', 'TLS', 'own CA', 'SSH', 'cancel'] as const;

export type Provable = (typeof provable)[number];

/** What a catalog can have, and how to see it in a table. */
const depths = {
  tables: ({ kind }) => kind === 'table',
  views: ({ kind }) => kind === 'view',
  'materialized views': ({ kind }) => kind === 'materialized view',
  'foreign tables': ({ kind }) => kind === 'foreign table',
  partitions: ({ kind, partitionOf, partitionKey }) =>
    kind === 'partitioned table' || partitionOf !== null || partitionKey !== null,
  nullability: ({ columns }) => columns.some(({ nullable }) => !nullable),
  defaults: ({ columns }) => columns.some((column) => column.default !== null),
  'generated columns': ({ columns }) => columns.some(({ generated }) => generated !== null),
  'identity columns': ({ columns }) => columns.some(({ identity }) => identity !== null),
  'table comments': ({ comment }) => comment !== null,
  'column comments': ({ columns }) => columns.some(({ comment }) => comment !== null),
  'primary keys': ({ primaryKey }) => primaryKey !== null,
  'unique keys': ({ uniqueKeys }) => uniqueKeys.length > 0,
  'foreign keys': ({ foreignKeys }) => foreignKeys.length > 0,
  checks: ({ checks }) => checks.length > 0,
  indexes: ({ indexes }) => indexes.length > 0,
  'row estimates': ({ rowEstimate }) => rowEstimate !== null,
} satisfies Record<string, (table: CatalogTable) => boolean>;

export type Depth = keyof typeof depths;

/** In the order of the table in the README. */
export const allDepths = Object.keys(depths).filter(isDepth);

/** Keeps what has been proven of one dialect: what every test passed that was to prove it. */
export class Proofs {
  readonly #promised = new Map<Provable, number>();
  readonly #kept = new Map<Provable, number>();
  readonly #seen = new Set<Depth>();

  /** A test's function, which proves its part by coming to its end. */
  of(what: Provable, run: () => Promise<void>): () => Promise<void> {
    this.#promised.set(what, (this.#promised.get(what) ?? 0) + 1);
    return async () => {
      await run();
      this.#kept.set(what, (this.#kept.get(what) ?? 0) + 1);
    };
  }

  /** Tables as a connector read them, after they were compared with what they should be. */
  saw(tables: readonly CatalogTable[]): void {
    for (const depth of allDepths) if (tables.some(depths[depth])) this.#seen.add(depth);
  }

  get proven(): Provable[] {
    return provable.filter((what) => {
      const promised = this.#promised.get(what);
      return promised !== undefined && promised === this.#kept.get(what);
    });
  }

  get depth(): Depth[] {
    return allDepths.filter((depth) => this.#seen.has(depth));
  }
}

function isDepth(name: string): name is Depth {
  return name in depths;
}
