import fc from 'fast-check';
import { anyText } from '../../support/any-text.ts';
import type { Definitions, JsonSchema } from './json-schema.ts';

// Long enough to be interesting, short enough that thousands of requests stay quick.
const longest = 40;

/** Values that a schema takes. What it says beyond JSON Schema, in words, may still refuse them. */
export function arbitraryOf(schema: JsonSchema, definitions: Definitions): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return ofReference(schema.$ref, definitions);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.anyOf)
    return fc.oneof(...schema.anyOf.map((option) => arbitraryOf(option, definitions)));
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, definitions)));
}

function ofReference(reference: string, definitions: Definitions): fc.Arbitrary<unknown> {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  const schema = definitions[name];
  if (!schema) throw new Error(`${reference} leads nowhere`);
  return arbitraryOf(schema, definitions);
}

function ofType(type: string, schema: JsonSchema, definitions: Definitions): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer(rangeOf(schema));
    case 'number':
      return fc.double({ ...rangeOf(schema), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { minItems = 0, maxItems = 3 } = schema;
      const length = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) };
      return fc.array(arbitraryOf(schema.items ?? {}, definitions), length);
    }
    case 'object':
      return objectOf(schema, definitions);
    default:
      throw new Error(`JSON Schema has no type ${type}`);
  }
}

function textOf({ pattern, format, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: '-1' });
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const most = Math.max(minLength, Math.min(maxLength ?? longest, longest));
  return anyText({ minLength, maxLength: most });
}

function rangeOf({ minimum = -1_000_000, maximum = 1_000_000 }: JsonSchema) {
  return { min: minimum, max: Math.max(minimum, maximum) };
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  definitions: Definitions,
): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(
    ([name, schema]) => [name, arbitraryOf(schema, definitions)] as const,
  );
  return fc.record(Object.fromEntries(members), { requiredKeys: [...required] });
}
