/**
 * The schema of a Parquet file as a tree of values, lists, structs and maps:
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types
 */
import type { SchemaElement, SchemaTree } from 'hyparquet';

/** A node of the tree; it is NULL where the definition level is below `definition`. */
export type SchemaNode =
  | (Place & { is: 'value'; path: SchemaTree[] })
  | (Place & Repeated & { is: 'list'; of: SchemaNode })
  | (Place & { is: 'struct'; fields: { name: string; of: SchemaNode }[] })
  | (Place & Repeated & { is: 'map'; key: SchemaNode; of: SchemaNode });

interface Place {
  tree: SchemaTree;
  definition: number;
}

/** It has items where the definition level is `present` or more; the next begins at `repetition`. */
interface Repeated {
  present: number;
  repetition: number;
}

/** Deeper trees are nobody's data, and would end in a stack overflow. */
const MOST_LEVELS = 100;

/** The elements of a footer, which lists them in depth-first order, as the tree that they are. */
export function readTree(schema: readonly SchemaElement[]): SchemaTree {
  let position = 0;
  const read = (above: readonly string[], depth: number): SchemaTree => {
    const given = schema[position];
    if (!given) throw new Error('the schema ends early');
    if (depth > MOST_LEVELS) throw new Error(`the schema has more than ${MOST_LEVELS} levels`);
    // Some writers leave out what is required anyway.
    const { repetition_type: repetition = 'REQUIRED' } = given;
    const element = { ...given, repetition_type: depth === 0 ? 'REQUIRED' : repetition };
    const start = position;
    position += 1;
    const path = depth === 0 ? [] : [...above, element.name];
    const children: SchemaTree[] = [];
    const count = element.num_children ?? 0;
    while (children.length < count) children.push(read(path, depth + 1));
    return { element, children, path, count: position - start };
  };
  return read([], 0);
}

/** The columns of a file: what the children of the root are. */
export function columnNodes(root: SchemaTree): SchemaNode[] {
  return root.children.map((child) => toNode(child, [root], 0, 0));
}

function toNode(
  tree: SchemaTree,
  above: readonly SchemaTree[],
  definition: number,
  repetition: number,
  isItem = false,
): SchemaNode {
  if (tree.element.repetition_type === 'REPEATED' && !isItem) {
    // Without an annotation it is a list that is never NULL.
    const items = { present: definition + 1, repetition: repetition + 1 };
    const of = toNode(tree, above, items.present, items.repetition, true);
    return { is: 'list', tree, definition, ...items, of };
  }
  const own = tree.element.repetition_type === 'OPTIONAL' ? definition + 1 : definition;
  const [inner] = tree.children;
  if (tree.children.length !== 1 || inner?.element.repetition_type !== 'REPEATED') {
    return whole(tree, above, own, repetition);
  }
  const place = { tree, definition: own, present: own + 1, repetition: repetition + 1 };
  const path = [...above, tree];
  const below = (child: SchemaTree): SchemaNode =>
    toNode(child, [...path, inner], place.present, place.repetition);
  const [first, second] = inner.children;
  if (isAnnotated(tree, 'MAP') && first && second && inner.children.length === 2) {
    return { is: 'map', ...place, key: below(first), of: below(second) };
  }
  if (!isAnnotated(tree, 'LIST') && !(isAnnotated(tree, 'MAP') && inner.children.length === 1)) {
    return whole(tree, above, own, repetition);
  }
  // A map without values is a list of its keys.
  const isElement =
    !first ||
    second !== undefined ||
    first.element.repetition_type === 'REPEATED' ||
    inner.element.name === 'array' ||
    inner.element.name === `${tree.element.name}_tuple`;
  const of = isElement ? toNode(inner, path, place.present, place.repetition, true) : below(first);
  return { is: 'list', ...place, of };
}

/** A node as a value or a struct, whatever repeats it. */
function whole(
  tree: SchemaTree,
  above: readonly SchemaTree[],
  definition: number,
  repetition: number,
): SchemaNode {
  const path = [...above, tree];
  if (tree.children.length === 0) return { is: 'value', tree, definition, path };
  const fields = tree.children.map((child) => ({
    name: child.element.name,
    of: toNode(child, path, definition, repetition),
  }));
  return { is: 'struct', tree, definition, fields };
}

function isAnnotated({ element }: SchemaTree, type: 'LIST' | 'MAP'): boolean {
  return (
    element.logical_type?.type === type ||
    element.converted_type === type ||
    (type === 'MAP' && element.converted_type === 'MAP_KEY_VALUE')
  );
}

/** The columns of the file's own that a node is stored in. */
export function valuesIn(node: SchemaNode): Extract<SchemaNode, { is: 'value' }>[] {
  switch (node.is) {
    case 'value':
      return [node];
    case 'list':
      return valuesIn(node.of);
    case 'struct':
      return node.fields.flatMap(({ of }) => valuesIn(of));
    case 'map':
      return [...valuesIn(node.key), ...valuesIn(node.of)];
  }
}
