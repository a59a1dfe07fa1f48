import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import lint from '../../oxlint.config.ts';
import { repository, sources } from './support/cruise.ts';

const declared = `
  declare const promise: Promise<number>;
  declare const text: string;
  declare const anything: unknown;
  declare const kind: 'a' | 'b';
  declare const maybe: string | undefined;
  declare function use(...values: unknown[]): void;
`;

/** For each rule, code that breaks it and it alone. */
const unlawful: Record<string, string[]> = {
  'typescript/await-thenable': ['await text;'],
  'typescript/no-floating-promises': ['promise.then(use);', 'promise.finally(use);'],
  'typescript/no-misused-promises': [
    'if (promise) use();',
    '[1].forEach(async () => {});',
    'export const go: () => void = async () => {};',
  ],
  'typescript/no-misused-spread': ['use({ ...new Map() });', 'use({ ...[1] });'],
  'typescript/only-throw-error': ["throw 'x';", 'throw text;'],
  'typescript/prefer-promise-reject-errors': ["export const a = Promise.reject('x');"],
  'typescript/return-await': [
    'export async function a() { try { return promise; } catch { return 1; } }',
  ],
  'typescript/use-unknown-in-catch-callback-variable': ['promise.catch((error) => use(error));'],
  'no-unsafe-finally': ['export function a() { try { use(); } finally { return; } }'],
  'typescript/ban-ts-comment': ['// @ts-ignore\nuse(1);'],
  'typescript/no-explicit-any': ['export type A = any;'],
  'typescript/no-non-null-assertion': ['use(maybe!);'],
  'typescript/no-unnecessary-type-assertion': ['use(text as string);'],
  'typescript/switch-exhaustiveness-check': ["switch (kind) { case 'a': use(); }"],
  'typescript/consistent-type-imports': ["import { A } from './a.ts'; export type B = A;"],
  'typescript/no-import-type-side-effects': ["import { type A } from './a.ts'; export type B = A;"],
  'typescript/no-implied-eval': ["setTimeout('x()', 1);"],
  'no-unused-expressions': ['text.length;', 'maybe && text;'],
  eqeqeq: ['use(anything == null);'],
  'no-eval': ["eval('1');"],
  'no-var': ['var a = 1; use(a);'],
  'prefer-const': ['let a = 1; use(a);'],
  'no-console': ['console.log(1);', 'console.error(1);'],
  'no-restricted-imports': [
    "import { env } from 'node:process'; use(env);",
    "import process from 'node:process'; use(process);",
    "import * as process from 'node:process'; use(process);",
    "export { env } from 'node:process';",
  ],
  'no-restricted-properties': [
    'use(process.env.HOME);',
    "use(process['env']);",
    'const { env } = process; use(env);',
  ],
  'eslint-js/no-restricted-syntax': [
    'use(new Date());',
    'use(Date.now());',
    'declare const sodium: Record<string, unknown>; use(sodium.crypto_box_seal_open);',
    "import { crypto_box_seal_open } from 'libsodium-wrappers'; use(crypto_box_seal_open);",
  ],
};

/** One breach of each rule that is for the product alone. */
const breach = `
  import { env } from 'node:process';
  declare const sodium: Record<string, unknown>;
  console.log(env, process.env, new Date(), sodium.crypto_box_seal_open);
`;
const environment = ['no-restricted-imports', 'no-restricted-properties'];
const time = 'Time comes from shared/clock.ts';
const envelopes = 'Only workers/vault opens an envelope';

/** What a file is told of the breach: all of it, or all but what the file is there for. */
const told: Record<string, string[]> = {
  'server/main.ts': [...environment, 'no-console', time, envelopes],
  'workers/env.ts': [...environment, 'no-console', time, envelopes],
  'mikro-orm.config.ts': [...environment, 'no-console', time, envelopes],
  'shared/env.ts': ['no-console', time, envelopes],
  'shared/channel.ts': ['no-console', time, envelopes],
  'shared/clock.ts': [...environment, 'no-console', envelopes],
  'shared/db/clock.ts': [...environment, 'no-console', time, envelopes],
  'workers/vault/open.ts': [...environment, 'no-console', time],
  'workers/vault/deep/open.ts': [...environment, 'no-console', time, envelopes],
  'server/worker-answers/one-time-box.ts': [...environment, 'no-console', time],
  'server/worker-answers/answers.ts': [...environment, 'no-console', time, envelopes],
  'server/launcher/start.ts': [...environment, time, envelopes],
  'server/launcher/children/inherited-env.ts': ['no-console', time, envelopes],
  'server/launcher/children/start.ts': [...environment, 'no-console', time, envelopes],
  'tests/main.test.ts': [],
};

const Report = z.object({
  diagnostics: z.array(
    z.object({
      // What is no rule's, as an unused directive, has none.
      code: z
        .string()
        .default('')
        .transform((code) => code.replace(/^.*\(|\)$/g, '')),
      filename: z.string(),
      message: z.string(),
    }),
  ),
});

describe('a lint rule fires, and only it', () => {
  const breaches = Object.entries(unlawful).flatMap(([rule, codes]) =>
    codes.map((code, index) => ({ rule, code, path: `${rule}-${index}.ts` })),
  );
  let root: string;
  let found: z.infer<typeof Report>['diagnostics'];

  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'basekeep-lint-rules-')));
    for (const name of ['oxlint.config.ts', 'tsconfig.json', 'package.json']) {
      cpSync(join(repository, name), join(root, name));
    }
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
    const tree: Record<string, string> = {
      'server/rules/typescript/a.ts': 'export interface A { a: number }',
      'server/rules/allowed.ts': '// oxlint-disable-next-line eqeqeq\nexport const a = 1;',
      ...Object.fromEntries(Object.keys(told).map((path) => [path, breach])),
    };
    for (const { path, code } of breaches) {
      tree[`server/rules/${path}`] = `${declared}\n${code}\nexport {};`;
    }
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const program = join(repository, 'node_modules/oxlint/bin/oxlint');
    const args = [program, '--format=json', ...sources];
    // Ends with 1, as it finds what it is to find.
    const run = promisify(execFile)(process.execPath, args, { cwd: root });
    const { stdout } = await run.catch((error: unknown) =>
      z.object({ stdout: z.string() }).parse(error),
    );
    found = Report.parse(JSON.parse(stdout)).diagnostics;
  });

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  test.each(breaches)('$rule: $code', ({ rule, path }) => {
    const rules = found.filter(({ filename }) => filename === `server/rules/${path}`);
    expect(new Set(rules.map(({ code }) => code))).toEqual(new Set([rule.replace(/^.*\//, '')]));
  });

  test.each(Object.entries(told))('in %s', (path, expected) => {
    const here = found.filter(({ filename }) => filename === path);
    const said = here.map(({ code, message }) =>
      code === 'no-restricted-syntax' ? message.replace(/(,|\.$).*/, '') : code,
    );
    expect(said.sort()).toEqual([...expected].sort());
  });

  test('and so does a directive that nothing needs', () => {
    const here = found.filter(({ filename }) => filename === 'server/rules/allowed.ts');
    expect(here.map(({ message }) => message)).toEqual([expect.stringContaining('Unused')]);
  });

  test('every rule is shown to fire', () => {
    const rules = lint.overrides?.flatMap((override) => Object.keys(override.rules ?? {}));
    expect(Object.keys(unlawful).sort()).toEqual([...new Set(rules)].sort());
  });
});
