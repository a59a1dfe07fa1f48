import { z } from 'zod';
import { isPage, pageInput } from '../paging/paging.ts';
import { pageRequest } from './read-input.ts';
import type { RestOperation } from './routes.ts';
import type { Surface } from './surface.ts';

const whenLeftOut =
  'Without it: the organization of the thing that the path names, else the one of the key, else the only one of the caller.';

/** The input of an operation with its outermost fields as the surface calls them and asks for them. */
export function documentInput(surface: Surface, operation: RestOperation): z.ZodObject {
  const { input, output, impliedOrganization, queryFields, nameOf } = operation;
  const isNumbered = surface.paging === 'number' && isPage(output);
  const fields = Object.entries(input.shape)
    .filter(([field]) => !(isNumbered && field in pageInput) && !queryFields.includes(field))
    .map(([field, schema]): [string, z.core.$ZodType] => [
      nameOf(field),
      field === impliedOrganization
        ? z.optional(schema).meta({ description: whenLeftOut })
        : schema,
    ]);
  return z.strictObject({ ...Object.fromEntries(fields), ...(isNumbered ? pageRequest : {}) });
}

/** The fields that stand in the query beside a body, which trpc-to-openapi does not know of. */
export function documentQuery({ input, queryFields, nameOf }: RestOperation): object[] {
  return queryFields.flatMap((field) => {
    const schema: unknown = input.shape[field];
    if (!(schema instanceof z.ZodType)) return [];
    const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
    return [{ in: 'query', name: nameOf(field), required: false, schema: described }];
  });
}
