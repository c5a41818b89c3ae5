/** A statement for a server, with the values of its parameters as the driver takes them. */
export interface Statement {
  cypher: string;
  parameters?: Readonly<Record<string, unknown>>;
}
