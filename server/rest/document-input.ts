import { z } from 'zod';
import { isPage, pageInput } from '../paging/paging.ts';
import { pageRequest } from './read-input.ts';
import type { RestOperation } from './routes.ts';
import type { Surface } from './surface.ts';

const whenLeftOut =
  'Without it: the organization of the thing that the path names, else the one of the key, else the only one of the caller.';

/** The input of an operation with its outermost fields as the surface calls them and asks for them. */
export function documentInput(surface: Surface, operation: RestOperation): z.ZodObject {
  const { input, output, impliedOrganization, nameOf } = operation;
  const isNumbered = surface.paging === 'number' && isPage(output);
  const fields = Object.entries(input.shape)
    .filter(([field]) => !(isNumbered && field in pageInput))
    .map(([field, schema]): [string, z.core.$ZodType] => [
      nameOf(field),
      field === impliedOrganization
        ? z.optional(schema).meta({ description: whenLeftOut })
        : schema,
    ]);
  return z.strictObject({ ...Object.fromEntries(fields), ...(isNumbered ? pageRequest : {}) });
}
