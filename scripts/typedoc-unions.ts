/**
 * A plugin of typedoc that shows a documented union as a table: one line for every member, with
 * its comment. The Markdown theme would leave out those of literals, and give every object a
 * heading that says “Type Literal”.
 */
import {
  Comment,
  Converter,
  DeclarationReflection,
  RendererEvent,
  type Application,
  type CommentDisplayPart,
  type Context,
  type SomeType,
  type UnionType,
} from 'typedoc';

export function load(app: Application): void {
  const fields: DeclarationReflection[] = [];
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    for (const reflection of Object.values(project.reflections)) {
      if (!(reflection instanceof DeclarationReflection)) continue;
      const { type } = reflection;
      if (type?.type === 'union' && type.elementSummaries) {
        fields.push(...tabulate(reflection, type, app));
      }
    }
  });
  // The table has all comments now; those on fields would be shown once more.
  app.renderer.on(RendererEvent.BEGIN, () => {
    for (const field of fields) delete field.comment;
  });
}

/** @returns The fields of the members that are objects. */
function tabulate(
  alias: DeclarationReflection,
  union: UnionType,
  app: Application,
): DeclarationReflection[] {
  const documented: DeclarationReflection[] = [];
  const table: CommentDisplayPart[] = [text('\n\n| | |\n| --- | --- |\n')];
  for (const [i, type] of union.types.entries()) {
    const name = memberName(type);
    const summary = union.elementSummaries?.[i] ?? [];
    if (summary.length === 0) {
      app.logger.validationWarning(`${alias.name}: ${name} does not have any documentation`);
    }
    const fields = type.type === 'reflection' ? (type.declaration.children ?? []) : [];
    const notes = fields.flatMap(({ name, comment }) =>
      comment ? [text(` \`${name}\`: `), ...comment.summary] : [],
    );
    table.push(text(`| \`${name}\` | `), ...[...summary, ...notes].map(inOneLine), text(' |\n'));
    // What is said of the member holds for its fields; typedoc wants a comment on each.
    documented.push(...fields.flatMap((field) => giveComment(field, summary)));
  }
  alias.comment ??= new Comment();
  alias.comment.summary.push(...table);
  delete union.elementSummaries;
  return documented;
}

/** @returns The field, and those of the objects in its list. */
function giveComment(
  field: DeclarationReflection,
  summary: CommentDisplayPart[],
): DeclarationReflection[] {
  field.comment ??= new Comment(summary);
  const item = field.type?.type === 'array' ? field.type.elementType : undefined;
  const children = item?.type === 'reflection' ? (item.declaration.children ?? []) : [];
  return [field, ...children.flatMap((child) => giveComment(child, summary))];
}

/** A literal itself; of an object, the literal in its `type`. */
function memberName(type: SomeType): string {
  if (type.type !== 'reflection') return type.toString();
  const tag = type.declaration.children?.find(({ name }) => name === 'type');
  return tag?.type?.toString() ?? type.toString();
}

function text(content: string): CommentDisplayPart {
  return { kind: 'text', text: content };
}

/** Rows of a table can't be broken. */
function inOneLine(part: CommentDisplayPart): CommentDisplayPart {
  return { ...part, text: part.text.replaceAll('\n', ' ').replaceAll('|', '\\|') };
}
