/** Types that a comment before a declaration says (JSDoc). */

export interface DocTypes {
  /** By the names of the parameters. */
  parameters: Map<string, string>;
  returns?: string;
  /** Of the variable or the field. */
  type?: string;
}

const TAG = /@(param|arg|argument|returns?|type)\s+\{/g;

/** @returns Nothing where the comment says no types. */
export function readDocTypes(comment: string): DocTypes | undefined {
  if (!comment.startsWith('/**') || !comment.includes('{')) return undefined;
  const types: DocTypes = { parameters: new Map() };
  for (const { 0: found, 1: tag, index } of comment.matchAll(TAG)) {
    const start = index + found.length;
    const end = endOfBraces(comment, start);
    if (end < 0) break;
    const type = plainType(comment.slice(start, end));
    const name = /^\s*\[?\s*([\w$]+)(?![\w$.])/.exec(comment.slice(end + 1))?.[1];
    if (tag === 'type') types.type ??= type;
    else if (tag?.startsWith('return')) types.returns ??= type;
    else if (name !== undefined && !types.parameters.has(name)) types.parameters.set(name, type);
  }
  return types;
}

/** Without the signs of JSDoc and of Closure's types. */
function plainType(text: string): string {
  return text
    .replace(/\n\s*\*/g, ' ')
    .trim()
    .replace(/^[?!]|[=?!]$/g, '')
    .replaceAll('.<', '<');
}

function endOfBraces(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
