/** A value on its way from a column to a property, as a plain value. */
import type { Column, Unit } from './column.js';

/** A value on its way from a column to a property; of a NULL all of it is NULL. */
export type Value =
  /** As the column has it. */
  | { is: 'column'; column: Column }
  /** NULL: the column has nothing else. */
  | { is: 'null'; type: string }
  /** Bytes as the UTF-8 text that they are. */
  | { is: 'decoded'; of: Value }
  | { is: 'cast'; of: Value; type: string }
  /** Signed integers as the unsigned ones of so many bits that they stand for. */
  | { is: 'unsigned'; of: Value; bits: 32 | 64 }
  /** Integers as instants: so many units since 1970. */
  | { is: 'instant'; of: Value; unit: Unit; name: string }
  /** Integers as times of day: so many units since midnight, as an interval. */
  | { is: 'time'; of: Value; unit: Unit; name: string }
  /** Instants of another type, which must hold all their digits. */
  | { is: 'coarser'; of: Value; type: string; name: string }
  /** Floating-point numbers as integers, which they must be, of no more digits than `bits` of them hold. */
  | { is: 'whole'; of: Value; type: string; bits: number; name: string }
  /** Text as an instant or an interval, which must hold all its digits. */
  | { is: 'parsed'; of: Value; type: string; name: string }
  /** Text as a decimal, which must hold all its digits. */
  | { is: 'decimal'; of: Value; type: string; scale: number; name: string };

/** Up to these, floating-point numbers of so many bits hold every integer. */
export const MOST_WHOLE: Record<number, number> = { 16: 2 ** 11, 32: 2 ** 24, 64: 2 ** 53 };
