/** Lint rules: typed, strict, and the house's own bans on hidden time, exits and default exports. */
import tseslint from 'typescript-eslint';

const clockGlobals = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({
  name,
  message: 'Time comes in through the Clock port; its home is src/adapters/time.',
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.cache/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-params': ['error', 4],
      'max-depth': ['error', 3],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'no-restricted-globals': [
        'error',
        ...clockGlobals,
        { name: 'process', message: 'Only config, cli and adapters that need it may touch Node’s process.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Set process.exitCode in cli/main.ts.' },
      ],
    },
  },
  {
    files: ['src/adapters/time/**/*.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: [
      'src/config/env.ts',
      'src/config/environment.ts',
      'src/cli/**/*.ts',
      'src/adapters/exec/**/*.ts',
      'src/app/**/*.ts',
    ],
    rules: { 'no-restricted-globals': ['error', ...clockGlobals] },
  },
  {
    files: ['test/**/*.ts', '.vitest.config.ts'],
    rules: {
      'no-restricted-exports': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
