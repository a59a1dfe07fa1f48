import { defineConfig } from 'oxlint';

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

export default defineConfig({
  plugins: ['typescript'],
  // ESLint's own rule, which oxlint has not.
  jsPlugins: [{ name: 'eslint-js', specifier: 'oxlint-plugin-eslint' }],
  categories: { correctness: 'off' },
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['.data/', 'coverage/', 'bench-results/', 'tests/clients/'],
  overrides: [
    {
      files: ['**/*.ts'],
      rules: {
        // A missing await before a flush or an ownership check is the bug that matters here.
        'typescript/await-thenable': 'error',
        'typescript/no-floating-promises': 'error',
        'typescript/no-misused-promises': 'error',
        'typescript/no-misused-spread': 'error',
        'typescript/only-throw-error': 'error',
        'typescript/prefer-promise-reject-errors': 'error',
        'typescript/return-await': ['error', 'error-handling-correctness-only'],
        'typescript/use-unknown-in-catch-callback-variable': 'error',
        'no-unsafe-finally': 'error',

        'typescript/ban-ts-comment': 'error',
        'typescript/no-explicit-any': 'error',
        'typescript/no-non-null-assertion': 'error',
        'typescript/no-unnecessary-type-assertion': 'error',
        'typescript/switch-exhaustiveness-check': 'error',

        'typescript/consistent-type-imports': 'error',
        // `import { type A }` keeps the import at run time: a type would load the other process.
        'typescript/no-import-type-side-effects': 'error',

        'typescript/no-implied-eval': 'error',
        'no-unused-expressions': 'error',
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
        'eslint-js/no-restricted-syntax': ['error', openedSecret, ambientTime],
      },
    },
    // What these files are for is the exception itself.
    {
      files: ['shared/env.ts', 'shared/channel.ts', 'server/launcher/children/inherited-env.ts'],
      rules: { 'no-restricted-imports': 'off', 'no-restricted-properties': 'off' },
    },
    {
      files: ['shared/clock.ts'],
      rules: { 'eslint-js/no-restricted-syntax': ['error', openedSecret] },
    },
    // The one opens envelopes; the other only what was sealed to a key that it has just made.
    {
      files: ['workers/vault/*.ts', 'server/worker-answers/one-time-box.ts'],
      rules: { 'eslint-js/no-restricted-syntax': ['error', ambientTime] },
    },
    { files: ['server/launcher/*.ts'], rules: { 'no-console': 'off' } },
  ],
});
