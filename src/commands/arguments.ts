/** Arguments that several commands take. */
import { InvalidArgumentError, Option } from 'commander';
import { defaultMemory } from '../process/watchdog.js';

/** Of the commands that decode or open what others made. */
export interface MemoryFlag {
  memory: number;
}

/** Node and an engine take 150 MB before they have begun. */
const MIN_MEMORY = 256_000_000;

export function memoryOption(): Option {
  return new Option('--memory <size>', 'end the work if it takes more memory, such as 4GB')
    .argParser((text: string) => byteSize(text, MIN_MEMORY))
    .default(defaultMemory(), "80 % of the machine's, or of the container's");
}

/** `512MB`, `4GB`, `2GiB`, or bytes. */
export function byteSize(text: string, least: number): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b?|b)?$/i.exec(text) ?? [];
  const power = 'bkmgt'.indexOf(unit.charAt(0).toLowerCase() || 'b');
  const bytes = Number(digits) * (unit.length > 1 && /i/i.test(unit) ? 1024 : 1000) ** power;
  if (digits === undefined || bytes < least) {
    const example = `${Math.floor(least / 1e6)}MB`;
    throw new InvalidArgumentError(
      `It is not a size of at least ${example}, such as 512MB or 4GB.`,
    );
  }
  return Math.floor(bytes);
}
