/**
 * The exact name that somebody means who writes an identifier as in SQL: in upper case unless quoted
 * or with characters that need quotes. Null for none. Snowflake documentation, "Identifier
 * requirements"; the fields of the SQL API are compared with case.
 */
export function exactName(written: string | null): string | null {
  if (!written) return null;
  const inner = /^"((?:[^"]|"")+)"$/.exec(written)?.[1];
  if (inner !== undefined) return inner.replaceAll('""', '"');
  return /^[a-z_][a-z0-9_$]*$/i.test(written) ? written.toUpperCase() : written;
}

/** A name as it is safe in a statement. */
export function quoted(...path: readonly string[]): string {
  return path.map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}
