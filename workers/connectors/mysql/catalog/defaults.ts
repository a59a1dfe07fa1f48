import type { CatalogColumn } from '../../../../shared/catalog.ts';
import type { ServerKind } from '../server-kind.ts';

/** What information_schema.columns says of a column's default and generation. */
export interface DefaultFacts {
  readonly columnDefault: string | null;
  /** `auto_increment`, `DEFAULT_GENERATED`, `STORED GENERATED, INVISIBLE` ... */
  readonly extra: string;
  readonly expression: string | null;
  /** The type without its modifiers, lower case. */
  readonly dataType: string;
}

const bare = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', 'double', 'year'],
  // b'101' as it stands.
  'bit',
]);
const times = new Set(['timestamp', 'datetime']);
const binaries = new Set(['binary', 'varbinary']);

/**
 * A default as an SQL expression. MariaDB from 10.2.7 on gives expressions: `'ok'`, `NULL` for none,
 * `current_timestamp()`. MySQL gives the bare value, `ok`, so texts, dates, enums and sets are
 * quoted here and numbers, bits and `0x...` of binary types are not; DEFAULT_GENERATED in `extra`
 * marks expressions from 8.0.13 on, and CURRENT_TIMESTAMP of a time has been one always.
 */
export function toDefault(facts: DefaultFacts, kind: ServerKind): string | null {
  const { columnDefault, extra, dataType } = facts;
  if (columnDefault === null || isGenerated(extra)) return null;
  if (kind.isMariadb) return columnDefault === 'NULL' ? null : columnDefault;
  if (/\bDEFAULT_GENERATED\b/i.test(extra)) return unescaped(columnDefault);
  if (times.has(dataType) && /^CURRENT_TIMESTAMP(\(\d?\))?$/i.test(columnDefault)) {
    return columnDefault;
  }
  if (bare.has(dataType)) return columnDefault;
  if (binaries.has(dataType) && /^0x[0-9A-F]*$/i.test(columnDefault)) return columnDefault;
  return `'${columnDefault.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** `extra` of a generated column: VIRTUAL, STORED, or PERSISTENT as MariaDB once called it. */
export function toGenerated(facts: DefaultFacts, kind: ServerKind): CatalogColumn['generated'] {
  if (!isGenerated(facts.extra)) return null;
  const expression = facts.expression ?? '';
  return {
    kind: /\bVIRTUAL\b/i.test(facts.extra) ? 'virtual' : 'stored',
    expression: kind.isMariadb ? expression : unescaped(expression),
  };
}

/** MySQL writes the quotes of its expressions as `\'`, which is no SQL outside of a string. */
export function unescaped(expression: string): string {
  return expression.replace(/\\(['\\])/g, '$1');
}

function isGenerated(extra: string): boolean {
  return /\b(VIRTUAL|STORED|PERSISTENT)\b/i.test(extra);
}
