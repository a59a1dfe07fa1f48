import { z } from 'zod';
import type { RestOperation } from './routes.ts';

const Body = z.object({
  content: z.object({
    'application/json': z.object({
      schema: z.looseObject({
        properties: z.record(z.string(), z.unknown()).default({}),
        required: z.array(z.string()).default([]),
      }),
    }),
  }),
});

/**
 * The body of a request as it is documented: a file as multipart, none where there is nothing to
 * say, and one that must be there only where a field of it must.
 */
export function documentBody({ meta }: RestOperation, json: unknown): object | undefined {
  if (meta.upload) return multipart(meta.upload);
  const { content } = Body.parse(json);
  const { properties, required } = content['application/json'].schema;
  if (Object.keys(properties).length === 0) return undefined;
  return { ...(json as object), required: required.length > 0 };
}

function multipart({ field, types }: NonNullable<RestOperation['meta']['upload']>): object {
  const properties = { [field]: { type: 'string', format: 'binary' } };
  const schema = { type: 'object', properties, required: [field], additionalProperties: false };
  const encoding = { [field]: { contentType: types.join(', ') } };
  return { required: true, content: { 'multipart/form-data': { schema, encoding } } };
}
