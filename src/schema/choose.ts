/** Which schema a command works with. */
import { codeGraph } from '../model/codegraph.js';
import { hasSchema } from '../dataset/dataset.js';
import { drive } from '../engine/drive.js';
import type { EngineName, GraphSchema } from '../types.js';

export interface ChosenSchema {
  schema: GraphSchema;
  /** Where it came from: `the built-in code graph`, `schema.json`, … */
  source: string;
}

export const BUILT_IN: ChosenSchema = { schema: codeGraph, source: 'the built-in code graph' };

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
