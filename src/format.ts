/** Numbers and tables as people read them. */

/** `15,103`, of a whole number. `toLocaleString` loads its locales for 20 ms, a seventh of a start. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Seconds with milliseconds: `0.038`. */
export function formatSeconds(seconds: number): string {
  return seconds.toFixed(3);
}

/** Rows per second, or nothing where there was nothing to measure. */
export function formatRate(rows: number, seconds: number): string {
  return rows > 0 && seconds > 0 ? formatCount(Math.round(rows / seconds)) : '';
}

/** `38.1 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Minutes and seconds: `1:05`. */
export function formatClock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `n` and the noun in its number: `1 row`, `2 rows`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Names that a message lists; of a file there may be any number. */
const LISTED = 20;

/** Names one after the other, and no more than a message bears: `a, b, … and 99,980 more`. */
export function listNames(names: readonly string[], separator = ', '): string {
  const rest = names.length - LISTED;
  if (rest <= 0) return names.join(separator);
  return `${names.slice(0, LISTED).join(separator)}${separator}… and ${formatCount(rest)} more`;
}

/** Microseconds since midnight as the engines write an interval: `01:02:03.5`. */
export function formatTimeOfDay(microseconds: bigint): string {
  const seconds = microseconds / 1_000_000n;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  const fraction = String(microseconds % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/** A decimal by its digits without the point: `-0.05` of -5 and a scale of 2. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * Rows of cells as aligned lines: the first column to the left, the others to the right. A `null`
 * is a rule as wide as the table.
 */
export function formatTable(rows: readonly (readonly string[] | null)[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row?.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  const lines = rows.map((row) =>
    row
      ?.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(Math.max(...lines.map((line) => line?.length ?? 0)));
  return lines.map((line) => line ?? rule);
}

/** A length of time, in the parts of which none is a fixed number of another. */
export interface Interval {
  months: number;
  days: number;
  microseconds: bigint;
}

/** As the engines write it: `1 year 2 months 3 days 04:05:06.7`. */
export function formatInterval({ months, days, microseconds: micros }: Interval): string {
  const years = Math.trunc(months / 12);
  const some = (count: number, unit: string): string[] =>
    count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  const parts = [...some(years, 'year'), ...some(months % 12, 'month'), ...some(days, 'day')];
  if (micros !== 0n || parts.length === 0) parts.push(formatTimeOfDay(micros));
  return parts.join(' ');
}
