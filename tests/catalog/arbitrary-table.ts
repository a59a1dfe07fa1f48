import fc from 'fast-check';
import { tableKinds, type CatalogTable } from '../../shared/catalog.ts';

// Few names and few values, so that two tables have much in common, and some of it twice.
const name = fc.constantFrom('a', 'b', 'c', 'A', '', 'a, b');
const names = fc.array(name, { maxLength: 3 });
const text = fc.constantFrom('x', 'y', '(x)');
const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const key = fc.record({ name, columns: names });
const actions = ['no action', 'restrict', 'cascade', 'set null', 'set default'] as const;

const column = fc.record({
  name,
  type: fc.constantFrom('integer', 'bigint', 'varchar(10)', 'varchar(20)', 'text', 'numeric(4,2)'),
  nullable: fc.boolean(),
  default: nullable(text),
  comment: nullable(text),
  generated: nullable(fc.record({ kind: fc.constantFrom('stored', 'virtual'), expression: text })),
  identity: nullable(fc.constantFrom('always', 'by default')),
});

const index = fc.record({
  name,
  unique: fc.boolean(),
  method: fc.constantFrom('btree', 'hash'),
  columns: fc.array(
    fc.oneof(
      fc.record({ name, expression: fc.constant(null), descending: fc.boolean() }),
      fc.record({ name: fc.constant(null), expression: text, descending: fc.boolean() }),
    ),
    { maxLength: 2 },
  ),
  includes: names,
  predicate: nullable(text),
});

/** Any definition of one table, as a connector could read it. */
export const arbitraryTable: fc.Arbitrary<CatalogTable> = fc.record({
  schema: fc.constant('s'),
  name: fc.constant('t'),
  kind: fc.constantFrom(...tableKinds),
  comment: nullable(text),
  rowEstimate: fc.constant(null),
  columns: fc.array(column, { maxLength: 5 }),
  primaryKey: nullable(key),
  uniqueKeys: fc.array(key, { maxLength: 2 }),
  foreignKeys: fc.array(
    fc.record({
      ...{ name, columns: names, referencedSchema: name, referencedTable: name },
      referencedColumns: names,
      onUpdate: fc.constantFrom(...actions),
      onDelete: fc.constantFrom(...actions),
    }),
    { maxLength: 2 },
  ),
  checks: fc.array(fc.record({ name, expression: text }), { maxLength: 2 }),
  indexes: fc.array(index, { maxLength: 2 }),
  partitionOf: nullable(fc.record({ schema: name, table: name, bound: text })),
  partitionKey: nullable(text),
});
