import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'eslint.config.js', '.dependency-cruiser.cjs', 'fixtures/matrix/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/types.ts'],
    rules: { 'max-lines': ['error', 400] },
  },
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['bin/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Counts, bytes and seconds are printed all over a loader.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // node:test's describe and it return promises that the runner awaits itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              name: ['describe', 'it', 'test', 'before', 'after'],
              package: 'node:test',
            },
          ],
        },
      ],
    },
  },
);
