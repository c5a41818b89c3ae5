/** Sends statements to a server, one after the other: `neo4j-run.js FILE`, a JSON list of them. */
import { readFileSync } from 'node:fs';
import neo4j from 'neo4j-driver';

const env = (name: string): string => process.env[name] ?? '';
const auth = neo4j.auth.basic(env('NEO4J_USERNAME'), env('NEO4J_PASSWORD'));
const driver = neo4j.driver(env('NEO4J_URI'), auth);
const session = driver.session();
const statements = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as string[];
for (const statement of statements) await session.run(statement);
await driver.close();
