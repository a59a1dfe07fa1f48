/** Whole numbers, and numbers of limited precision, from narrow to wide, by their common spellings. */
const ladders: readonly (readonly (readonly string[])[])[] = [
  [['tinyint'], ['smallint', 'int2'], ['mediumint'], ['integer', 'int', 'int4'], ['bigint']],
  [
    ['real', 'float4'],
    ['double precision', 'float8', 'double'],
  ],
];

const families: readonly (readonly string[])[] = [
  ['character varying', 'varchar', 'nvarchar', 'varchar2'],
  ['numeric', 'decimal'],
  ['varbinary'],
];

interface TypeText {
  readonly base: string;
  /** The modifiers in parentheses, e.g. [12, 2] of `numeric(12,2)`; empty without. */
  readonly modifiers: readonly number[];
}

/**
 * Whether every value of the former type is, unchanged, one of the new type, as far as the names
 * that databases give to types tell. False for all that is not known to be so.
 */
export function isWidened(before: string, after: string): boolean {
  const [from, to] = [parse(before), parse(after)];
  if (!from || !to) return false;
  const plain = from.modifiers.length === 0 && to.modifiers.length === 0;
  if (plain && ladders.some((ladder) => rung(ladder, from) < rung(ladder, to))) return true;
  if (isText(from) && to.base === 'text') return true;
  const family = families.find((names) => names.includes(from.base));
  if (!family?.includes(to.base)) return false;
  return family.includes('numeric') ? isMorePrecise(from, to) : isLonger(from, to);
}

function isLonger({ modifiers: [from] }: TypeText, { modifiers: [to] }: TypeText): boolean {
  return from !== undefined && (to === undefined || to > from);
}

/** As many digits before and behind the point, and more of one. `numeric` alone has no limit. */
function isMorePrecise(from: TypeText, to: TypeText): boolean {
  const [precision, scale = 0] = from.modifiers;
  if (precision === undefined) return false;
  const [newPrecision, newScale = 0] = to.modifiers;
  if (newPrecision === undefined) return true;
  const [whole, newWhole] = [precision - scale, newPrecision - newScale];
  return newScale >= scale && newWhole >= whole && newPrecision > precision;
}

function isText({ base }: TypeText): boolean {
  return base === 'character varying' || base === 'varchar';
}

/** NaN, which compares to nothing, when the type is not on the ladder. */
function rung(ladder: readonly (readonly string[])[], { base }: TypeText): number {
  const at = ladder.findIndex((names) => names.includes(base));
  return at === -1 ? Number.NaN : at;
}

function parse(type: string): TypeText | null {
  const match = /^([a-z][a-z0-9_ ]*?) ?(?:\((\d+)(?:, ?(\d+))?\))?$/.exec(type.toLowerCase());
  if (!match) return null;
  const [, base = '', first, second] = match;
  const modifiers = [first, second].flatMap((part) => (part === undefined ? [] : [Number(part)]));
  return { base, modifiers };
}
