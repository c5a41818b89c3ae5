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
}
