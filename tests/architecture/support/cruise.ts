import { cruise as run } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const configFile = fileURLToPath(new URL('../dependency-cruiser.cjs', import.meta.url));

export const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Where TypeScript is, which `npm run check` looks at. */
export const sources = ['server', 'workers', 'shared', 'tests', 'mikro-orm.config.ts'];

/** The rules of `npm run check`, as the cruiser reads them. */
export const config = await extractDepcruiseConfig(configFile);

/**
 * Applies the import rules to the tree below `baseDir` and returns its import graph, type imports
 * included, with what breaks the rules. Paths in the result are relative to `baseDir`.
 */
export async function cruise(baseDir: string, entries = sources): Promise<ICruiseResult> {
  const { options = {}, ...ruleSet } = config;
  const present = entries.filter((entry) => existsSync(`${baseDir}/${entry}`));
  if (present.length === 0) throw new Error(`None of these exist yet: ${entries.join(', ')}`);
  const { output } = await run(present, { ...options, ruleSet, validate: true, baseDir });
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** One line per violation, as a person would say it. */
export function violations(result: ICruiseResult): string[] {
  return result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}
