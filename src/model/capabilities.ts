/** What a target can do, as one value that every stage of a load asks. */

export interface Capabilities {
  /** The engine's name, as people write it. */
  readonly title: string;
  /** Several connections may write at a time. */
  readonly manyWriters: boolean;
  /**
   * A database that is open for reading is locked against writers, and the other way round. Where it is
   * not, a reader has to look for writers itself.
   */
  readonly readersLock: boolean;
  /** It has the function `to_json`. */
  readonly toJson: boolean;
  /**
   * To change a text, the text of all rows of its chunk is written once more, and what was there before
   * is kept: Kuzu 0.11.3 doubles a column of 7 MB by changing 50 of 15,000 rows, time after time.
   */
  readonly keepsOldText: boolean;
}
