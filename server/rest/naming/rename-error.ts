import { AppError } from '../../../shared/errors.ts';
import type { Names } from './names.ts';

/** An error of a procedure in the words of a surface: its fields, and where its text names them. */
export function renameError(error: AppError, names: Names | null): AppError {
  if (names === null) return error;
  const words = new Map(wordsOf(names));
  const { code, details, retryAfterMs } = error;
  // `field: reason; field: reason`, and reasons that name other fields: those have an inner capital.
  const text = error.message
    .replaceAll(/(?<=^|; )[\w.]+(?=: )/g, (path) => renamePath(path, names))
    .replaceAll(/\b[a-z]+[A-Z]\w*\b/g, (word) => words.get(word) ?? word);
  return new AppError(code, text, {
    ...(details ? { details } : {}),
    ...(error.fields ? { fields: renamePaths(error.fields, names, words) } : {}),
    retryAfterMs,
    cause: error.cause,
  });
}

function renamePaths(
  fields: Readonly<Record<string, string>>,
  names: Names,
  words: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([path, reason]) => [
      renamePath(path, names),
      reason.replaceAll(/\b[a-z]+[A-Z]\w*\b/g, (word) => words.get(word) ?? word),
    ]),
  );
}

/** `columns.0.dataType` as `columns.0.data_type`. */
function renamePath(path: string, names: Names): string {
  let here: Names | null = names;
  return path
    .split('.')
    .map((segment) => {
      const field = here?.fields.get(segment);
      here = field?.inside ?? here?.items ?? here?.values ?? null;
      return field?.name ?? segment;
    })
    .join('.');
}

function wordsOf({ fields, items, values }: Names): [string, string][] {
  return [
    ...(items ? wordsOf(items) : []),
    ...(values ? wordsOf(values) : []),
    ...[...fields].flatMap(([field, { name, inside }]) => [
      ...wordsOf(inside),
      [field, name] as [string, string],
    ]),
  ];
}
