/**
 * The layers of the house, from the ground up: see docs/architecture.md. Each rule's comment says what
 * to do where it is broken. Checked by `npm run structure`.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** Folders and modules of src/, each floor standing on those before it. */
const FLOORS = [
  ['types', 'errors', 'format', 'json'],
  ['model'],
  ['log', 'steps'],
  ['cypher'],
  ['files'],
  ['engine', 'bolt'],
  ['scratch'],
  ['dataset'],
  ['plan'],
  ['database'],
  ['schema', 'prepare', 'analyze'],
  ['load'],
  ['verify', 'update'],
  ['export', 'answer'],
  ['server'],
  ['options'],
  ['library', 'codebase'],
  ['graph'],
  ['process'],
  ['picture'],
  ['terminal'],
  ['commands'],
  ['cli', 'index'],
];

const pathOf = (rooms) => `^src/(${rooms.join('|')})(/|\\.ts$)`;

const floorRules = FLOORS.slice(0, -1).map((rooms, i) => ({
  name: `${rooms.join(', ')}: nothing from above`,
  comment: `What it needs of a higher floor belongs lower down, or comes in as a parameter.`,
  severity: 'error',
  from: { path: pathOf(rooms) },
  to: { path: pathOf(FLOORS.slice(i + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'no circle',
      comment: 'Move what both need into a module of its own, on the lower floor.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'the plan is pure',
      comment:
        'A plan is computed from values: let the caller read files, ask the engine or the machine, and hand over the answer.',
      severity: 'error',
      from: { path: '^src/(plan|model|cypher)' },
      to: {
        path: '^src/(engine|files|scratch)|^node:|^(fs|os|child_process)$',
        pathNot: '^node:path$',
      },
    },
    {
      name: 'the plan takes only types of the dataset',
      comment: 'What it computes from files belongs into model/, or comes in as a value.',
      severity: 'error',
      from: { path: '^src/plan/' },
      to: { path: '^src/dataset/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the screen is for commands',
      comment: 'Tell of it by an event (LoadEvent) or a value in the report; commands/ shows it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|cli\\.ts|terminal/)' },
      to: { path: '^src/terminal/' },
    },
    {
      name: 'only the engine folder loads an engine',
      comment: 'Ask engine/native.ts for it, and its capabilities for what it can do.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/' },
      to: { path: 'node_modules/(kuzu|@ladybugdb)/' },
    },
    {
      name: 'only the bolt folder knows the driver',
      comment: 'Ask a Server of bolt/server.ts, and make values for it by bolt/values.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/bolt/' },
      to: { path: 'node_modules/neo4j-driver' },
    },
    {
      name: 'heavy packages are imported when they are used',
      comment:
        'Import it by `await import(…)` where it is needed, so that an ordinary load starts fast.',
      severity: 'error',
      // bars.ts is itself imported where there is a terminal, analyze/analyze.ts where sources are analysed, and
      // tablefile.ts by what writes tables row by row.
      from: { path: '^src/', pathNot: '^src/(terminal/bars\\.ts|dataset/tablefile\\.ts|analyze/)' },
      to: {
        path: 'node_modules/(neo4j-driver|@dsnp/parquetjs|hyparquet-compressors|hyparquet-writer|web-tree-sitter|ignore|cli-progress|chalk)/',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'nobody imports tests or scripts',
      comment: 'Move what is shared into src/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench|fixtures)/' },
    },
    {
      name: 'nothing is left over',
      comment: 'Remove the module, or import it.',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
      },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
