import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'assets/',
      'eslint.config.js',
      '.dependency-cruiser.cjs',
      'fixtures/languages/',
      'fixtures/matrix/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/types.ts'],
    rules: { 'max-lines': ['error', 400] },
  },
  {
    // Six languages met in these; they are to be split, and no other file is to join them.
    files: ['src/analyze/{extract,paths,resolver,scopes}.ts'],
    rules: { 'max-lines': ['error', 1150] },
  },
  {
    // What a schema may say is read in definitions.ts, and the engines' own settings are the engines'.
    files: ['src/**/*.ts'],
    ignores: ['src/cypher/**', 'src/engine/**', 'src/schema/definitions.ts', 'src/types.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['TemplateElement[value.raw=', 'Literal[value='].map((node) => ({
          selector: `${node}/^(MATCH|COPY|CREATE|LOAD FROM|RETURN|CALL|UNWIND|DROP|ALTER|BEGIN|COMMIT|ROLLBACK|CHECKPOINT|EXPORT DATABASE)\\b|\\b(CAST\\(| RETURN | MATCH )/]`,
          message: 'Cypher is written in src/cypher/: add a function there that returns it.',
        })),
      ],
    },
  },
  {
    // The driver's own types call the plain objects that configure it classes.
    files: ['src/bolt/**/*.ts', 'test/server*.ts', 'scripts/server*.ts'],
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
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
