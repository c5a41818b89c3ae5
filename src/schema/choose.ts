/** Which schema a command works with. */
import { hasSchema } from '../dataset/dataset.js';
import { drive } from '../engine/drive.js';
import { BUILT_IN, type ChosenSchema } from '../model/codegraph.js';
import type { EngineName } from '../types.js';

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
  return await drive(chooseSchema(choice, directory, engine));
}
