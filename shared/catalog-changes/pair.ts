interface Named {
  readonly name: string;
}

interface Pairs<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly kept: readonly { readonly before: T; readonly after: T }[];
}

/**
 * Two lists of named things, matched by name. A name that a list has twice, which a customer's
 * server may well say, is matched first to first and second to second.
 */
export function pairByName<T extends Named>(before: readonly T[], after: readonly T[]): Pairs<T> {
  const left = keyed(before);
  const right = keyed(after);
  return {
    added: [...right].flatMap(([key, item]) => (left.has(key) ? [] : [item])),
    removed: [...left].flatMap(([key, item]) => (right.has(key) ? [] : [item])),
    kept: [...left].flatMap(([key, item]) => {
      const other = right.get(key);
      return other ? [{ before: item, after: other }] : [];
    }),
  };
}

function keyed<T extends Named>(items: readonly T[]): Map<string, T> {
  const counts = new Map<string, number>();
  const keys = new Map<string, T>();
  for (const item of items) {
    const nth = counts.get(item.name) ?? 0;
    counts.set(item.name, nth + 1);
    keys.set(JSON.stringify([item.name, nth]), item);
  }
  return keys;
}
