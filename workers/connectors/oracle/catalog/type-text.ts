/** What all_tab_cols says of a column's type. */
export interface TypeFacts {
  readonly name: string;
  /** The schema of a type that somebody made; null for the server's own. */
  readonly owner: string | null;
  /** REF for a reference to an object; null otherwise. */
  readonly modifier: string | null;
  readonly bytes: string | null;
  readonly characters: string | null;
  /** C for a length in characters, B in bytes. */
  readonly measure: string | null;
  readonly precision: string | null;
  readonly scale: string | null;
}

/** Oracle's own types that are kept as objects are written without these owners. */
const ownersLeftOut = new Set(['SYS', 'PUBLIC']);

/**
 * The type as CREATE TABLE has it: `VARCHAR2(50 CHAR)`, `NUMBER(12,2)`, `NUMBER(*,0)`, `RAW(16)`,
 * `TIMESTAMP(6) WITH TIME ZONE`, `SHOP.ADDRESS`. Source: Oracle documentation, "ALL_TAB_COLS" and
 * "Oracle Built-in Data Types".
 */
export function typeText(facts: TypeFacts): string {
  const { name, owner, modifier, bytes, characters, measure, precision, scale } = facts;
  if (owner !== null) {
    const full = ownersLeftOut.has(owner) ? name : `${owner}.${name}`;
    return modifier === null ? full : `${modifier} ${full}`;
  }
  switch (name) {
    case 'CHAR':
    case 'VARCHAR2':
      return `${name}(${characters ?? ''} ${measure === 'C' ? 'CHAR' : 'BYTE'})`;
    case 'NCHAR':
    case 'NVARCHAR2':
      return `${name}(${characters ?? ''})`;
    case 'RAW':
    case 'UROWID':
      return `${name}(${bytes ?? ''})`;
    case 'FLOAT':
      return precision === null ? name : `${name}(${precision})`;
    case 'NUMBER':
      // Without either, any number; with a scale alone, as INTEGER is written.
      return scale === null ? name : `${name}(${precision ?? '*'},${scale})`;
    default:
      return name;
  }
}
