import { z } from 'zod';
import type { Spelling } from './spelling.ts';

/** The names of the fields of a value, by its schema: the keys of a record are data and no names. */
export interface Names {
  readonly fields: Map<string, Field>;
  /** Names that are none on this side; only of what comes in. */
  readonly refused: ReadonlySet<string>;
  /** Of the items of an array. */
  items: Names | null;
  /** Of the values of a record. */
  values: Names | null;
}

interface Field {
  /** What the field is called on the other side. */
  readonly name: string;
  readonly inside: Names;
}

/** What zod writes as JSON Schema, as far as it has names. */
const Shape = z.looseObject({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  anyOf: z.array(z.unknown()).default([]),
  oneOf: z.array(z.unknown()).default([]),
  allOf: z.array(z.unknown()).default([]),
});

interface Options {
  readonly io: 'input' | 'output';
  readonly spell: Spelling;
  /** The spelling of the outermost fields, where it is another one. */
  readonly spellOutermost?: Spelling;
}

/**
 * Reads off a schema how the fields of its values are called outside. Null when they are called the
 * same, so that nobody walks values in vain.
 */
export function namesOf(schema: z.ZodType, options: Options): Names | null {
  const { spell, spellOutermost = spell, io } = options;
  const { $defs = {}, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  const collect = (part: unknown, into: Names, spelling: Spelling): void => {
    const shape = Shape.parse(part);
    if (shape.$ref !== undefined) collect($defs[nameIn(shape.$ref)], into, spell);
    for (const [field, value] of Object.entries(shape.properties ?? {})) {
      const { inside } = into.fields.get(field) ?? { inside: noNames() };
      into.fields.set(field, { name: spelling(field), inside });
      collect(value, inside, spell);
    }
    if (shape.items) collect(shape.items, (into.items ??= noNames()), spell);
    if (shape.additionalProperties)
      collect(shape.additionalProperties, (into.values ??= noNames()), spell);
    for (const option of [...shape.anyOf, ...shape.oneOf, ...shape.allOf])
      collect(option, into, spelling);
  };
  const names = noNames();
  collect(root, names, spellOutermost);
  return isSame(names) ? null : names;
}

/** The way back: from the names outside to those of the procedure. */
export function inverted(names: Names): Names {
  const back = [...names.fields].map(([field, { name, inside }]): [string, Field] => [
    name,
    { name: field, inside: inverted(inside) },
  ]);
  const fields = new Map(back);
  return {
    fields,
    // What a procedure calls a field is no second name for it outside.
    refused: new Set([...names.fields.keys()].filter((field) => !fields.has(field))),
    items: names.items && inverted(names.items),
    values: names.values && inverted(names.values),
  };
}

const noNames = (): Names => ({ fields: new Map(), refused: new Set(), items: null, values: null });

const nameIn = (reference: string): string => reference.replace('#/$defs/', '');

function isSame({ fields, items, values }: Names): boolean {
  return (
    (items === null || isSame(items)) &&
    (values === null || isSame(values)) &&
    [...fields].every(([field, { name, inside }]) => field === name && isSame(inside))
  );
}
