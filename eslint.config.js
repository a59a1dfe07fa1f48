import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const ambientEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Read the environment through shared/env.ts: parsed once, wrong values named.',
};

const importedEnvironment = {
  name: 'node:process',
  importNames: ['env', 'default'],
  message: 'Read the environment through shared/env.ts.',
};

const openedSecret = {
  selector: 'Identifier[name=/^crypto_box_seal_open/]',
  message: 'Only workers/vault opens an envelope.',
};

const ambientTime = {
  selector:
    "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.object.name='Date'][callee.property.name='now']",
  message: 'Time comes from shared/clock.ts, so that tests need not sleep.',
};

export default defineConfig(
  { ignores: ['.data/', 'coverage/', 'bench-results/', 'tests/clients/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A missing await before a flush or an ownership check is the bug that matters here.
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-misused-spread': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
      'no-unsafe-finally': 'error',

      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',

      '@typescript-eslint/consistent-type-imports': 'error',
      // `import { type A }` keeps the import at run time: a type would load the other process.
      '@typescript-eslint/no-import-type-side-effects': 'error',

      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-unused-expressions': 'error',
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['{server,workers,shared}/**/*.ts', 'mikro-orm.config.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': ['error', importedEnvironment],
      'no-restricted-properties': ['error', ambientEnvironment],
      'no-restricted-syntax': ['error', openedSecret, ambientTime],
    },
  },
  // What these files are for is the exception itself.
  {
    files: ['shared/env.ts', 'shared/channel.ts', 'server/launcher/children/inherited-env.ts'],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-properties': 'off' },
  },
  { files: ['shared/clock.ts'], rules: { 'no-restricted-syntax': ['error', openedSecret] } },
  // The one opens envelopes; the other only what was sealed to a key that it has just made.
  {
    files: ['workers/vault/*.ts', 'server/worker-answers/one-time-box.ts'],
    rules: { 'no-restricted-syntax': ['error', ambientTime] },
  },
  { files: ['server/launcher/*.ts'], rules: { 'no-console': 'off' } },
);
