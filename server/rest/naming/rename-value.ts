import { invalidField } from '../../../shared/errors.ts';
import type { Names } from './names.ts';

/**
 * A copy of a JSON value with its fields called by the names of the other side. What the schema does
 * not know keeps its name. VALIDATION for a name that belongs to the other side alone.
 */
export function renameValue(value: unknown, names: Names | null, path = ''): unknown {
  if (names === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item, index) => renameValue(item, names.items, `${path}${index}.`));
  }
  return renameFields(value, names, path);
}

/** The same for what is known to be an object. */
export function renameFields(
  value: object,
  names: Names | null,
  path = '',
): Record<string, unknown> {
  if (names === null) return { ...value };
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (names.refused.has(key)) throw invalidField(`${path}${key}`, 'Unknown field');
      const field = names.fields.get(key);
      return [
        field?.name ?? key,
        renameValue(member, field ? field.inside : names.values, `${path}${key}.`),
      ];
    }),
  );
}
