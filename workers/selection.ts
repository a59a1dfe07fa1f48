import { matchesGlob } from '../shared/patterns/glob.ts';
import { parseTablePattern } from '../shared/patterns/table-pattern.ts';

/** Which tables of a data source are wanted. */
export interface Selection {
  /** False when there is no pattern: then every table is wanted. */
  readonly isNarrow: boolean;
  has(schema: string, table: string): boolean;
  /** False when no table of the schema can be wanted, whatever its name. */
  mayHaveSchema(schema: string): boolean;
}

/** Wants every table. */
export const everything: Selection = {
  isNarrow: false,
  has: () => true,
  mayHaveSchema: () => true,
};

// No engine we know has longer names; of a server that invents some, this much is compared.
const comparedCharacters = 1_024;

/** Compiles patterns of `TablePatterns`: a table is wanted when one includes and none excludes it. */
export function selectionOf(patterns: readonly string[]): Selection {
  if (patterns.length === 0) return everything;
  const parsed = patterns.map(parseTablePattern);
  const includes = parsed.filter(({ excludes }) => !excludes);
  const excludes = parsed.filter((pattern) => pattern.excludes);
  const compared = (name: string): string => name.slice(0, comparedCharacters);
  return {
    isNarrow: true,
    has(schema, table) {
      const names = [compared(schema), compared(table)] as const;
      const matches = (pattern: (typeof parsed)[number]): boolean =>
        matchesGlob(pattern.schema, names[0]) && matchesGlob(pattern.table, names[1]);
      return (includes.length === 0 || includes.some(matches)) && !excludes.some(matches);
    },
    mayHaveSchema(schema) {
      const name = compared(schema);
      const matches = (pattern: (typeof parsed)[number]): boolean =>
        matchesGlob(pattern.schema, name);
      const isWhole = ({ table }: (typeof parsed)[number]): boolean =>
        table.length === 1 && table[0] === 'run';
      const isIncluded = includes.length === 0 || includes.some(matches);
      return isIncluded && !excludes.some((pattern) => isWhole(pattern) && matches(pattern));
    },
  };
}
