import { isDeepStrictEqual } from 'node:util';
import type { Spelling } from './naming/spelling.ts';

type Json = Record<string, unknown>;

interface Tidying {
  /** Answers may gain fields: a client that is strict about them would break with each of ours. */
  readonly isAnswer: boolean;
  /** How the names of fields are written. */
  readonly spell: Spelling;
}

/** Rewrites a JSON Schema, as zod writes it, into what a person would have written. */
export function tidySchema(schema: unknown, tidying: Tidying): unknown {
  if (Array.isArray(schema)) return schema.map((member) => tidySchema(member, tidying));
  if (!isJson(schema)) return schema;
  const entries = Object.entries(schema)
    .filter(([keyword, value]) => !isNoise(keyword, value, schema, tidying))
    .map(([keyword, value]) => [keyword, tidyKeyword(keyword, value, tidying)] as const);
  return joinNull(Object.fromEntries(entries));
}

/** Below `properties` stand names of fields, which may well be called `pattern`. */
function tidyKeyword(keyword: string, value: unknown, tidying: Tidying): unknown {
  if (keyword === 'default' || keyword === 'enum' || keyword === 'const') return value;
  if (keyword === 'required' && Array.isArray(value)) {
    return value.map((name) => tidying.spell(String(name)));
  }
  if (keyword !== 'properties' || !isJson(value)) return tidySchema(value, tidying);
  return Object.fromEntries(
    Object.entries(value).map(([name, property]) => [
      tidying.spell(name),
      tidySchema(property, tidying),
    ]),
  );
}

function isNoise(keyword: string, value: unknown, schema: Json, { isAnswer }: Tidying): boolean {
  switch (keyword) {
    // `format` says the same in one word; the pattern takes 400 characters for it.
    case 'pattern':
      return schema['format'] === 'date-time';
    case 'minLength':
      return value === 0;
    case 'minimum':
      return value === Number.MIN_SAFE_INTEGER;
    case 'maximum':
      return value === Number.MAX_SAFE_INTEGER;
    case 'additionalProperties':
      return isAnswer && (value === false || isDeepStrictEqual(value, {}));
    case 'propertyNames':
      return isDeepStrictEqual(value, { type: 'string' });
    default:
      return false;
  }
}

/** `anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }]` as `type: ['string', 'null']`. */
function joinNull(schema: Json): Json {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const [some, none] = anyOf as unknown[];
  if (!isJson(some) || !isJson(none) || none['type'] !== 'null') return schema;
  // An enumeration would go on refusing null, and a reference has no type to join.
  if (typeof some['type'] !== 'string' || 'enum' in some || 'const' in some) return schema;
  return { ...some, type: [some['type'], 'null'], ...rest };
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
