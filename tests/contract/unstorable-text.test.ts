import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { procedures } from '../../server/call-procedure.ts';

// PostgreSQL stores neither NUL nor half a surrogate pair, and a statement with one ends the connection
// in ways that look like an outage. So no field of any input takes them, and whoever sends one is told
// which field it is: that each surface tells so, bad-input.test.ts shows with one field.

/** The fields of an input by their paths, without what is around their types. */
function* leavesOf(schema: unknown, path: string): Generator<readonly [string, z.ZodType]> {
  if (!(schema instanceof z.ZodType)) throw new Error(`${path} has no schema`);
  if (schema instanceof z.ZodObject) {
    for (const [name, field] of Object.entries(schema.shape)) {
      yield* leavesOf(field, `${path}.${name}`);
    }
  } else if (schema instanceof z.ZodArray) yield* leavesOf(schema.element, `${path}[]`);
  else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) yield* leavesOf(option, path);
  } else if (schema instanceof z.ZodPipe) yield* leavesOf(schema.in, path);
  else if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable
  ) {
    yield* leavesOf(schema.unwrap(), path);
  } else yield [path, schema];
}

const leaves = [...procedures].flatMap(([name, { _def }]) => [
  ...leavesOf(_def.inputs.at(-1), name),
]);

/** What no field may take, in the middle of what most fields would. */
const unstorable = ['2026-01-31T12:00:00Z\0', 'a\0b', 'a@b.example\0', 'a\ud800b', '\udc00'];

describe('no field of any input takes what cannot be stored', () => {
  test.each(leaves)('%s', (_, schema) => {
    for (const value of unstorable) expect(schema.safeParse(value).success).toBe(false);
  });

  test('all of them are looked at', () => {
    expect(leaves.length).toBeGreaterThan(300);
    const texts = leaves.filter(([, schema]) => schema instanceof z.ZodString);
    expect(texts.length).toBeGreaterThan(150);
  });
});

test('a field of plain text would be found', () => {
  const [found] = leavesOf(z.strictObject({ name: z.string().max(20).optional() }), 'x.create');
  expect(found?.[0]).toBe('x.create.name');
  expect(found?.[1].safeParse('a\0b').success).toBe(true);
});
