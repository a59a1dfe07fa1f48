/** What sys.columns says of a column's type, besides its name. */
export interface TypeFacts {
  readonly name: string;
  /** The schema of a type that somebody made; null for the server's own. */
  readonly schema: string | null;
  /** In bytes; -1 for `max`. */
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
}

/**
 * The type as CREATE TABLE has it: `nvarchar(50)`, `decimal(12,2)`, `datetime2(7)`, `varbinary(max)`,
 * `dbo.Phone`. Source: Microsoft documentation, "Data types (Transact-SQL)" and "sys.columns".
 */
export function typeText({ name, schema, maxLength, precision, scale }: TypeFacts): string {
  // An alias has the length that it was made with.
  if (schema !== null) return `${schema}.${name}`;
  switch (name) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return `${name}(${maxLength === -1 ? 'max' : maxLength})`;
    case 'nchar':
    case 'nvarchar':
      return `${name}(${maxLength === -1 ? 'max' : maxLength / 2})`;
    case 'decimal':
    case 'numeric':
      return `${name}(${precision},${scale})`;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return `${name}(${scale})`;
    default:
      return name;
  }
}
