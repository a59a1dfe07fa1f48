/** The size of a generated schema. */
export interface LargeSchema {
  readonly tables: number;
  /** At least 5: the first ones have fixed roles. */
  readonly columnsPerTable: number;
}

const schemaCount = 20;

/**
 * SQL batches that build a schema of the shape the introspection figures were taken on: 20 schemas,
 * every table with a primary key, defaults on 8 columns and 4 comments, a foreign key on every
 * second table, a plain index on every table and an expression index with a predicate on every
 * third, a view per hundred tables. Each batch is one transaction of at most 100 tables, so that
 * `max_locks_per_transaction` can stay at its default.
 */
export function* largeSchemaStatements(size: LargeSchema): Generator<string> {
  yield Array.from({ length: schemaCount }, (_, n) => `create schema large_${n};`).join('\n');
  const batch = 100;
  for (let first = 0; first < size.tables; first += batch) {
    const last = Math.min(first + batch, size.tables);
    const statements: string[] = [];
    for (let n = first; n < last; n += 1) statements.push(tableStatements(n, size));
    statements.push(`create view ${schemaOf(first)}.v_${first} as select * from ${nameOf(first)};`);
    yield statements.join('\n');
  }
}

function schemaOf(n: number): string {
  return `large_${n % schemaCount}`;
}

function nameOf(n: number): string {
  return `${schemaOf(n)}.t_${n}`;
}

function tableStatements(n: number, size: LargeSchema): string {
  const table = nameOf(n);
  const columns = Array.from({ length: size.columnsPerTable }, (_, c) => columnDefinition(c));
  const statements = [
    `create table ${table} (${columns.join(', ')}, primary key (id));`,
    `create index t_${n}_plain on ${table} (c1, c2 desc);`,
    `comment on table ${table} is 'Table ${n} of the generated schema';`,
    ...[1, 2, 3].map((c) => `comment on column ${table}.c${c} is 'What c${c} holds';`),
  ];
  // The referenced table lies a whole round of schemas earlier, so it is in the same schema.
  if (n % 2 === 1 && n >= schemaCount) {
    const parent = nameOf(n - schemaCount);
    statements.push(`alter table ${table} add foreign key (c4) references ${parent} (id);`);
  }
  if (n % 3 === 0) {
    statements.push(`create index t_${n}_some on ${table} (lower(c3)) where c1 is not null;`);
  }
  return statements.join('\n');
}

function columnDefinition(c: number): string {
  switch (c % 5) {
    case 0:
      return c === 0 ? 'id bigint not null' : `c${c} numeric(12,2) not null default 0`;
    case 1:
      return `c${c} timestamptz default now()`;
    case 2:
      return c % 2 === 0 ? `c${c} boolean not null` : `c${c} integer default 42`;
    case 3:
      return `c${c} text`;
    default:
      return `c${c} bigint`;
  }
}
