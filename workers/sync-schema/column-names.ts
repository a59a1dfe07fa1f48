import { storable } from '../storable.ts';

/** Databases have few names of columns, however many columns they have. */
const maxKnown = 1_000;
const maxKnownLength = 100;

/**
 * What columns of a catalog are found by: their names in lower case, quoted as elements of an array as
 * PostgreSQL's manual has it ("Array Input and Output Syntax").
 */
export class ColumnNames {
  readonly #known = new Map<string, string>();
  #isComplete = true;

  of(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const element = `"${searchable(name).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    if (name.length < maxKnownLength && this.#known.size < maxKnown) this.#known.set(name, element);
    else this.#isComplete = false;
    return element;
  }

  /** All that there were, each once, as the text of an array; null when they were too many to keep. */
  get all(): string | null {
    return this.#isComplete ? `{${[...new Set(this.#known.values())].join(',')}}` : null;
  }
}

// A B-tree entry has 2,700 bytes at most, and a name in a catalog has no limit.
function searchable(name: string): string {
  const lower = storable(name).toLowerCase();
  return lower.length > 400 ? Array.from(lower).slice(0, 400).join('') : lower;
}
