import { z } from 'zod';
import { text } from '../text.ts';
import { anything, parseGlob, PatternError, type Glob } from './glob.ts';

/** What one pattern of a data source says. */
interface TablePattern {
  /** Written with a `!` in front. */
  readonly excludes: boolean;
  readonly schema: Glob;
  readonly table: Glob;
}

/**
 * `schema.table`, or `table` in any schema, each a glob; `!` in front excludes. The first dot divides;
 * a dot in a schema's name, or a `!` in front of a name, is written with a `\`.
 * Throws `PatternError`.
 */
export function parseTablePattern(pattern: string): TablePattern {
  const excludes = pattern.startsWith('!');
  const rest = excludes ? pattern.slice(1) : pattern;
  if (rest === '') throw new PatternError('Must name a table');
  const dot = dividingDot(rest);
  const table = rest.slice(dot + 1);
  if (table === '') throw new PatternError('Must name a table; schema.* is all of a schema');
  const schema = dot < 0 ? anything : parseGlob(rest.slice(0, dot));
  return { excludes, schema, table: parseGlob(table) };
}

function dividingDot(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '.') return at;
  }
  return -1;
}

// Together they bound what one name can cost: pieces of patterns times characters looked at.
const maxPatterns = 100;
const maxPatternLength = 256;

/** Which tables of a data source are synced. None at all is every table. */
export const TablePatterns = z
  .array(
    text({ min: 1, max: maxPatternLength }).superRefine((pattern, context) => {
      try {
        parseTablePattern(pattern);
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    }),
  )
  .max(maxPatterns)
  .meta({
    description:
      'Which tables are synced: `schema.table` or `table`, with `*` and `?`; `!` in front excludes, ' +
      'and excluding wins. Without a pattern that includes, all that is not excluded is included. ' +
      'Upper and lower case differ; `\\` takes the next character literally.',
  });
