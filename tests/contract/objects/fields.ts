/** What a value is, as the contracts say it. `id` is a typed prefix and an opaque part. */
type Plain = 'id' | 'string' | 'string[]' | 'date-time' | 'date' | 'boolean' | 'integer' | 'number';

/** A type, a closed set of values, an object, a list of objects, or values by names of any kind. */
export type Field =
  | Plain
  | `${Plain}|null`
  | 'record'
  | readonly (string | boolean | null)[]
  | Fields
  | { readonly each: Fields };

/** The fields of an object by their names; one that may be left out has a question mark behind it. */
export interface Fields {
  readonly [name: string]: Field;
}

type Spelling = (name: string) => string;

/** Everything about a value that is not as the fields say: one line each, by its path. */
export function misfits(
  value: unknown,
  fields: Fields,
  options: { readonly spell: Spelling; readonly isOpen?: boolean },
  path = '',
): string[] {
  if (!isObject(value)) return [`${path || 'it'} is no object`];
  const { spell, isOpen = false } = options;
  const known = new Set(Object.keys(fields).map((name) => spell(name.replace('?', ''))));
  const strangers = Object.keys(value).filter((name) => !known.has(name));
  return [
    ...(isOpen ? [] : strangers.map((name) => `${path}${name} is not in the contract`)),
    ...Object.entries(fields).flatMap(([name, field]) => {
      const said = spell(name.replace('?', ''));
      if (!(said in value)) return name.endsWith('?') ? [] : [`${path}${said} is missing`];
      return misfit(value[said], field, { spell }, `${path}${said}`);
    }),
  ];
}

function misfit(
  value: unknown,
  field: Field,
  options: { readonly spell: Spelling },
  path: string,
): string[] {
  if (typeof field === 'string') {
    return isA(value, field) ? [] : [`${path} is no ${field}: ${JSON.stringify(value)}`];
  }
  if (isSet(field)) {
    return field.some((one) => one === value) ? [] : [`${path} is ${JSON.stringify(value)}`];
  }
  if (!isList(field)) return misfits(value, field, options, `${path}.`);
  if (!Array.isArray(value)) return [`${path} is no list`];
  return value.flatMap((item, at) => misfits(item, field.each, options, `${path}.${at}.`));
}

const isSet = (field: Field): field is readonly (string | boolean | null)[] => Array.isArray(field);

export const isList = (field: Fields | { each: Fields }): field is { each: Fields } =>
  'each' in field;

const checks: Record<Plain | 'record', (value: unknown) => boolean> = {
  id: (value) => typeof value === 'string' && /^[a-z]+_[0-9a-z]{26}$/.test(value),
  string: (value) => typeof value === 'string',
  'string[]': (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  'date-time': (value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value),
  date: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  record: isObject,
};

function isA(value: unknown, field: Plain | `${Plain}|null` | 'record'): boolean {
  if (value === null) return field.endsWith('|null');
  const plain = field.replace('|null', '');
  return Object.entries(checks).some(([name, check]) => name === plain && check(value));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
