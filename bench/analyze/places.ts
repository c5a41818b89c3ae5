/** Where functions and classes of TypeScript are, and what they are called. */
import ts from 'typescript';

export interface Place {
  file: string;
  name: string;
  /** Another name that it has: of a function expression that is assigned. */
  also?: string;
  /** The lines on which it may be said to start: of its statement to that of its body. */
  low: number;
  high: number;
}

/** Where a function is, and its name; nothing where it has none. */
export function placeOf(node: ts.SignatureDeclaration): Place | undefined {
  if (ts.isConstructorDeclaration(node)) return place(node, 'constructor', node);
  const own = node.name && ts.isComputedPropertyName(node.name) ? node.name.getText() : text(node);
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) {
    return place(node, own ?? (ts.isFunctionDeclaration(node) ? 'default' : ''), node);
  }
  let holder: ts.Node = node.parent;
  while (
    ts.isParenthesizedExpression(holder) ||
    ts.isAsExpression(holder) ||
    ts.isSatisfiesExpression(holder)
  ) {
    holder = holder.parent;
  }
  let name: string | undefined;
  if (
    ts.isVariableDeclaration(holder) ||
    ts.isPropertyAssignment(holder) ||
    ts.isPropertyDeclaration(holder)
  ) {
    name = text(holder);
  } else if (
    ts.isBinaryExpression(holder) &&
    holder.operatorToken.kind === ts.SyntaxKind.EqualsToken
  ) {
    name = nameOf(bare(holder.left))?.text;
  } else if (ts.isExportAssignment(holder)) name = 'default';
  if (name === undefined && own === undefined) return undefined;
  const found = place(node, name ?? own ?? '', holder);
  return found && own !== undefined && own !== name ? { ...found, also: own } : found;
}

function text(node: { name?: ts.Node | undefined }): string | undefined {
  const name = node.name;
  if (!name) return undefined;
  return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name)
    ? name.text
    : name.getText();
}

function place(node: ts.Node, name: string, holder: ts.Node): Place | undefined {
  if (name === '') return undefined;
  let outer = holder;
  while (!ts.isStatement(outer) && !ts.isClassElement(outer) && !ts.isObjectLiteralElement(outer)) {
    if (!(outer.parent as ts.Node | undefined) || ts.isSourceFile(outer.parent)) break;
    outer = outer.parent;
  }
  const body = (node as { body?: ts.Node }).body;
  return {
    file: node.getSourceFile().fileName,
    name,
    low: lineOf(ts.isVariableDeclaration(holder) ? holder.parent.parent : outer),
    high: Math.max(lineOf(node), body && ts.isBlock(body) ? lineOf(body) : 0),
  };
}

export function classPlace(
  node: ts.ClassLikeDeclaration | ts.InterfaceDeclaration,
): Place | undefined {
  const holder = ts.isVariableDeclaration(node.parent) ? node.parent : node;
  const name = text(holder) ?? text(node);
  const found = name === undefined ? undefined : place(node, name, holder);
  return found && { ...found, high: lineOf(node.members[0] ?? node) };
}

/** Without parentheses and what only types see. */
export function bare(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node)
    ? bare(node.expression)
    : node;
}

export function nameOf(node: ts.Expression) {
  if (ts.isIdentifier(node)) return node;
  if (ts.isPropertyAccessExpression(node)) return node.name;
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    return ts.isStringLiteralLike(key) ? key : undefined;
  }
  return undefined;
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}
