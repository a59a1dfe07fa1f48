import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';

/** What of a JSON Schema the comparison looks at. */
const Schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
});

export type Schema = z.infer<typeof Schema>;

/** One type at a time: JSON, lines of it, or a file. */
const Content = z.record(z.string(), z.object({ schema: z.unknown() }));

const Operation = z.looseObject({
  operationId: z.string().optional(),
  tags: z.array(z.string()),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.unknown() })),
  requestBody: z.looseObject({ content: Content }).optional(),
  // 304 alone has no body.
  responses: z
    .record(z.string(), z.looseObject({}))
    .transform(({ 304: _, ...responses }) => responses)
    .pipe(z.record(z.string(), z.looseObject({ content: Content }))),
});

export const OpenApi = z.looseObject({
  openapi: z.string(),
  servers: z.array(z.object({ url: z.string() })).optional(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

export type OpenApi = z.infer<typeof OpenApi>;

/**
 * The contract of creating a data source: a copy of the document that was agreed on, word for word.
 * It is never changed together with the product.
 */
export const contract: unknown = JSON.parse(
  readFileSync(new URL('create-data-source.contract.json', import.meta.url), 'utf8'),
);

/** Follows a reference, and writes the ways of saying "one of these values" in one way. */
export function plain(schema: unknown, { components }: OpenApi): Schema {
  const parsed = Schema.parse(schema);
  if (parsed.$ref !== undefined) {
    const name = parsed.$ref.replace('#/components/schemas/', '');
    return plain(components.schemas[name], { components } as OpenApi);
  }
  if ('const' in parsed) return { type: parsed.type, enum: [parsed.const] };
  const values = parsed.anyOf?.map((option) => Schema.parse(option).enum);
  if (values?.every((value) => value !== undefined)) {
    return { type: 'string', enum: values.flat() };
  }
  return parsed;
}

/** Validates against a schema of a document, named by its JSON pointer. */
export function validatorIn(document: unknown, pointer: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document as object, 'document');
  return ajv.compile({ $ref: `document#${encodeURI(pointer)}` });
}
