/**
 * The calls and base classes of a TypeScript or JavaScript project, as the TypeScript compiler sees
 * them: `node dist/bench/analyze/typescript.js PROJECT typescript|javascript` prints them as JSON.
 * README.md has the rules.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { bare, classPlace, lineOf, nameOf, type Place, placeOf } from './places.js';

type Verdict =
  'project' | 'optional' | 'external' | 'local variable' | 'unknown' | 'class without constructor';

interface Site {
  file: string;
  line: number;
  last: number;
  callers: Place[];
  name: string;
  shape: string;
  verdict: Verdict;
  symbol: string | null;
  callees: Place[];
}

const [root = '.', language = 'typescript'] = process.argv.slice(2);
const ENDS = language === 'typescript' ? /\.(ts|tsx|mts|cts)$/ : /\.(js|jsx|mjs|cjs)$/;
const paths = listFiles(path.resolve(root));
const program = ts.createProgram(paths, {
  allowJs: language === 'javascript',
  checkJs: language === 'javascript',
  noEmit: true,
  strict: language === 'typescript',
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: conditions(),
  jsx: ts.JsxEmit.Preserve,
  experimentalDecorators: true,
  types: [],
  skipLibCheck: true,
});
const checker = program.getTypeChecker();
const covered = new Set(paths);
const sites: Site[] = [];
const inherits: { class: Place; bases: Place[]; required: boolean }[] = [];

for (const file of program.getSourceFiles()) {
  if (covered.has(path.resolve(file.fileName))) visit(file);
}
process.stdout.write(
  JSON.stringify(
    {
      language,
      tool: `typescript ${ts.version}`,
      files: paths.map((file) => relative(file)),
      failed: [],
      sites,
      inherits,
    },
    (key, value: unknown) =>
      key === 'file' && typeof value === 'string' ? relative(value) : value,
  ),
);

/** Without declarations, dependencies and links. */
function listFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(file);
      return entry.isFile() && ENDS.test(entry.name) && !/\.d\.[mc]?ts$/.test(entry.name)
        ? [file]
        : [];
    });
}

/** Conditions of `exports` that lead to a package's own sources. */
function conditions(): string[] {
  try {
    const text = readFileSync(path.join(root, 'package.json'), 'utf8');
    return [...new Set(text.match(/"@[\w/-]+\/source"/g) ?? [])].map((name) => name.slice(1, -1));
  } catch {
    return [];
  }
}

function visit(node: ts.Node): void {
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) addSite(node);
  if (ts.isTaggedTemplateExpression(node)) addSite(node);
  if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node)) addBases(node);
  ts.forEachChild(node, visit);
}

type Call = ts.CallExpression | ts.NewExpression | ts.TaggedTemplateExpression;

function addSite(node: Call): void {
  const callers = enclosing(node);
  const callee = bare(ts.isTaggedTemplateExpression(node) ? node.tag : node.expression);
  // `import()` calls nothing.
  if (callers.length === 0 || callee.kind === ts.SyntaxKind.ImportKeyword) return;
  const name = nameOf(callee);
  const target = whatIsCalled(node, callee, name);
  sites.push({
    file: node.getSourceFile().fileName,
    line: lineOf(node),
    last: lineOf(name ?? callee),
    callers,
    name: name?.text ?? callee.getText(),
    shape: (ts.isNewExpression(node) ? 'new ' : '') + shape(callee),
    ...target,
    ...(ts.isTaggedTemplateExpression(node) && target.verdict === 'project'
      ? { verdict: 'optional' }
      : {}),
  });
}

function whatIsCalled(
  node: Call,
  callee: ts.Expression,
  name: ts.Identifier | ts.PrivateIdentifier | ts.StringLiteralLike | undefined,
): { verdict: Verdict; symbol: string | null; callees: Place[] } {
  if (ts.isNewExpression(node) || callee.kind === ts.SyntaxKind.SuperKeyword) {
    return constructorOf(node);
  }
  const symbol = name && resolved(checker.getSymbolAtLocation(name));
  const text = symbol ? checker.getFullyQualifiedName(symbol) : null;
  const found = symbol ? functionsOf(symbol, 0) : { functions: [], isSure: true };
  const places = withOverloads(found.functions, symbol?.declarations ?? []);
  if (found.functions.length > 0 && places.length > 0) {
    const isSure = found.isSure && new Set(found.functions).size === 1;
    return { verdict: isSure ? 'project' : 'optional', symbol: text, callees: places };
  }
  // What has no body may be called, and what a variable's type says: right where it is found.
  const declared = [
    ...(symbol?.declarations ?? []),
    checker.getResolvedSignature(node)?.declaration,
  ].filter((one) => one !== undefined);
  const loose = declared
    .filter((one): one is ts.SignatureDeclaration => ts.isFunctionLike(one) && isInProject(one))
    .map(placeOf)
    .filter((place) => place !== undefined);
  if (loose.length > 0) return { verdict: 'optional', symbol: text, callees: loose };
  if (declared.length === 0) return { verdict: 'unknown', symbol: text, callees: [] };
  const isOutside = declared.every((one) => !isInProject(one));
  return { verdict: isOutside ? 'external' : 'local variable', symbol: text, callees: [] };
}

/** The constructor that runs: the class's own or an inherited one, as the checker resolves it. */
function constructorOf(node: Call): { verdict: Verdict; symbol: string | null; callees: Place[] } {
  const declaration = checker.getResolvedSignature(node)?.declaration;
  if (!declaration) return { verdict: 'class without constructor', symbol: null, callees: [] };
  if (!isInProject(declaration)) return { verdict: 'external', symbol: null, callees: [] };
  const symbol = checker.getSymbolAtLocation(declaration) ?? symbolOf(declaration);
  const all = symbol?.declarations ?? [declaration];
  const bodies = [...all, declaration].filter(
    (one): one is ts.FunctionLikeDeclaration => ts.isFunctionLike(one) && hasBody(one),
  );
  const count = new Set(bodies).size;
  return {
    verdict: count === 1 ? 'project' : count > 1 ? 'optional' : 'local variable',
    symbol: symbol ? checker.getFullyQualifiedName(symbol) : null,
    callees: count > 0 ? withOverloads(bodies, all) : [],
  };
}

/** The implementations first. A dataset may have rows for the signatures before them, too. */
function withOverloads(
  functions: ts.SignatureDeclaration[],
  declarations: ts.Declaration[],
): Place[] {
  const signatures = declarations.filter(
    (one): one is ts.SignatureDeclaration => ts.isFunctionLike(one) && isInProject(one),
  );
  return [...new Set([...functions, ...signatures])]
    .map(placeOf)
    .filter((place) => place !== undefined);
}

interface Found {
  functions: ts.FunctionLikeDeclaration[];
  /** Found by declarations alone, and not through what a variable holds. */
  isSure: boolean;
}

function functionsOf(symbol: ts.Symbol, depth: number): Found {
  const functions: ts.FunctionLikeDeclaration[] = [];
  let isSure = true;
  for (const declaration of symbol.declarations ?? []) {
    if (!isInProject(declaration)) continue;
    if (ts.isFunctionLike(declaration)) {
      if (ts.isAccessor(declaration)) isSure = false;
      if (hasBody(declaration)) functions.push(declaration);
      continue;
    }
    const value = valueOf(declaration);
    if (!value) continue;
    const expression = bare(value);
    if (ts.isArrowFunction(expression) || ts.isFunctionExpression(expression)) {
      functions.push(expression);
      continue;
    }
    const name = nameOf(expression);
    const next =
      ts.isShorthandPropertyAssignment(declaration) && depth < 4
        ? checker.getShorthandAssignmentValueSymbol(declaration)
        : name && depth < 4 && resolved(checker.getSymbolAtLocation(name));
    if (!next || next === symbol) continue;
    const inner = functionsOf(next, depth + 1);
    functions.push(...inner.functions);
    // `exports.a = a` gives a function another name, as an import does.
    isSure &&= inner.isSure && isExport(declaration);
  }
  return { functions: [...new Set(functions)], isSure };
}

/** What a declaration gives its name: `const f = …`, `f: …`, `x.f = …`. */
function valueOf(declaration: ts.Declaration): ts.Expression | undefined {
  if (ts.isShorthandPropertyAssignment(declaration)) return declaration.name;
  if (
    ts.isVariableDeclaration(declaration) ||
    ts.isPropertyAssignment(declaration) ||
    ts.isPropertyDeclaration(declaration)
  ) {
    return declaration.initializer;
  }
  if (ts.isExportAssignment(declaration)) return declaration.expression;
  const assignment = assignmentOf(declaration);
  return assignment && chained(assignment.right);
}

/** Of `a = b = f`, what is assigned in the end. */
function chained(expression: ts.Expression): ts.Expression {
  const inner = bare(expression);
  return ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.EqualsToken
    ? chained(inner.right)
    : inner;
}

/** JavaScript declares by assignment; the compiler gives either side or the whole. */
function assignmentOf(node: ts.Node): ts.BinaryExpression | undefined {
  if (ts.isBinaryExpression(node)) return node;
  return ts.isBinaryExpression(node.parent) && node.parent.left === node ? node.parent : undefined;
}

function isExport(declaration: ts.Declaration): boolean {
  const left = assignmentOf(declaration)?.left.getText() ?? '';
  return ts.isExportAssignment(declaration) || /^(module\.)?exports\b/.test(left);
}

function resolved(symbol: ts.Symbol | undefined): ts.Symbol | undefined {
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function symbolOf(node: ts.Node): ts.Symbol | undefined {
  return (node as ts.Node & { symbol?: ts.Symbol }).symbol;
}

function hasBody(node: ts.SignatureDeclaration): node is ts.FunctionLikeDeclaration {
  return 'body' in node && node.body !== undefined;
}

function isInProject(node: ts.Node): boolean {
  return covered.has(path.resolve(node.getSourceFile().fileName));
}

/** The named functions around a place, from the innermost: which of them has a row, the dataset says. */
function enclosing(node: ts.Node): Place[] {
  const places: Place[] = [];
  for (let at = node.parent as ts.Node | undefined; at; at = at.parent as ts.Node | undefined) {
    const place = ts.isFunctionLike(at) && hasBody(at) ? placeOf(at) : undefined;
    if (place) places.push(place);
  }
  return places;
}

function addBases(node: ts.ClassLikeDeclaration | ts.InterfaceDeclaration): void {
  const own = classPlace(node);
  if (!own) return;
  for (const clause of node.heritageClauses ?? []) {
    for (const base of clause.types) {
      const name = nameOf(bare(base.expression));
      const symbol = name && resolved(checker.getSymbolAtLocation(name));
      const bases = (symbol?.declarations ?? [])
        .map((one) => {
          const value = valueOf(one);
          return value && ts.isClassExpression(bare(value)) ? bare(value) : one;
        })
        .filter(
          (one) => isInProject(one) && (ts.isClassLike(one) || ts.isInterfaceDeclaration(one)),
        )
        .map((one) => classPlace(one as ts.ClassLikeDeclaration))
        .filter((one) => one !== undefined);
      if (bases.length === 0) continue;
      const isExtension = clause.token === ts.SyntaxKind.ExtendsKeyword && ts.isClassLike(node);
      inherits.push({ class: own, bases, required: isExtension });
    }
  }
}

function shape(callee: ts.Expression): string {
  if (callee.kind === ts.SyntaxKind.SuperKeyword) return 'super()';
  if (ts.isIdentifier(callee)) return `${kindOf(callee)}()`;
  if (!ts.isPropertyAccessExpression(callee)) return `${ts.SyntaxKind[callee.kind]}()`;
  const of = bare(callee.expression);
  if (of.kind === ts.SyntaxKind.ThisKeyword) return 'this.m()';
  if (of.kind === ts.SyntaxKind.SuperKeyword) return 'super.m()';
  if (ts.isIdentifier(of)) return `${kindOf(of)}.m()`;
  if (ts.isCallExpression(of)) return 'call().m()';
  if (ts.isPropertyAccessExpression(of)) {
    return bare(of.expression).kind === ts.SyntaxKind.ThisKeyword ? 'this.a.m()' : 'a.b.m()';
  }
  return `${ts.SyntaxKind[of.kind]}.m()`;
}

/** By what binds the name. */
function kindOf(name: ts.Identifier): string {
  const declaration = checker.getSymbolAtLocation(name)?.declarations?.[0];
  if (!declaration) return 'unknown name';
  if (!isInProject(declaration)) return 'global';
  if (ts.isNamespaceImport(declaration)) return 'imported namespace';
  if (ts.isImportSpecifier(declaration) || ts.isImportClause(declaration)) return 'imported name';
  if (ts.isParameter(declaration)) return 'parameter';
  if (ts.isVariableDeclaration(declaration)) return 'variable';
  return ts.isFunctionLike(declaration)
    ? 'function'
    : ts.isClassLike(declaration)
      ? 'class'
      : 'name';
}

function relative(file: string): string {
  return path.relative(path.resolve(root), path.resolve(file)).split(path.sep).join('/');
}
