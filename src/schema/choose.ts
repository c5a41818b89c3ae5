/** Which schema a command works with. */
import { hasSchema } from '../dataset/dataset.js';
import { drive } from '../engine/drive.js';
import { BUILT_IN, type ChosenSchema } from '../model/codegraph.js';
import type { EngineName } from '../types.js';
import type { InferableFiles } from './endpoints.js';

/**
 * The schema that a user asked for; see `chooseSchema` in schemafile.ts, which is imported only
 * where it is needed, so that an ordinary load starts fast.
 */
export async function resolveSchema(
  choice: string | undefined,
  directory: string | undefined,
  engine?: EngineName,
): Promise<ChosenSchema> {
  if (choice === undefined && (directory === undefined || !hasSchema(directory))) return BUILT_IN;
  const { chooseSchema } = await import('./file.js');
  return await whenInferable(choice, directory, (files) =>
    drive(chooseSchema(choice, directory, engine, files)),
  );
}

/** Does a work with a choice of schema; for one that is inferred with what that takes. */
export async function whenInferable<R>(
  choice: unknown,
  directory: string | undefined,
  work: (files?: InferableFiles) => Promise<R>,
): Promise<R> {
  if (choice !== 'infer' || directory === undefined) return await work();
  const { withInferable } = await import('./inferable.js');
  return await withInferable(directory, work);
}
