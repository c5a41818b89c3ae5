/** The calendar, other than the load has it: days and instants of what stands on a server. */

/** The calendar repeats itself every 400 years. */
const DAYS_IN_CYCLE = 146_097;

/** Days since 1970 of a date of the Gregorian calendar, also beyond those that JavaScript has. */
export function daysOf(year: number, month: number, day: number): number {
  const cycles = Math.floor(year / 400) - 5;
  const near = Date.UTC(year - cycles * 400, month - 1, day);
  return near / 86_400_000 + cycles * DAYS_IN_CYCLE;
}

/** Microseconds since 1970. */
export function instantOf(days: number, seconds: number, microseconds: number): bigint {
  return (BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(microseconds);
}
