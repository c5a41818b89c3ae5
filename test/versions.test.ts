/** Databases of other versions of an engine, and engines of the user's own. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DependencyGraph, exportDatabase, readStats, verifyDatabase } from '../src/index.js';
import { ENGINE, execute, FIXTURE, kgload, kgloadJson, PACKAGE, scratch } from './helpers.js';

const OWN = createRequire(import.meta.url)(PACKAGE) as { VERSION: string; STORAGE_VERSION: bigint };

/** A database whose header says another storage version. */
function databaseOf(directory: string, storageVersion: number): string {
  const path = join(directory, `${storageVersion}.db`);
  execute(path, 'CREATE NODE TABLE T(id INT64, PRIMARY KEY(id))');
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(storageVersion, 4);
  writeFileSync(path, bytes);
  return path;
}

const title = ENGINE === 'kuzu' ? 'Kuzu' : 'Ladybug';

/** Storage version, who made it, and whether that is older. */
const OTHERS: [number, string, boolean][] =
  ENGINE === 'kuzu'
    ? [
        [38, 'Kuzu of an older version', true],
        [40, 'Kuzu of a newer version', false],
      ]
    : [
        [39, 'Ladybug 0.12', true],
        [47, 'Ladybug 0.20 or 0.21', false],
        [49, 'Ladybug 0.22', false],
        [99, 'Ladybug of a newer version', false],
      ];

describe('a database of another version', () => {
  for (const [storageVersion, maker, isOlder] of OTHERS) {
    it(`${storageVersion} is refused by name, and stays as it is`, async (t) => {
      const directory = scratch(t);
      const db = databaseOf(directory, storageVersion);
      const bytes = readFileSync(db);
      const reads = isOlder
        ? 'reads it no more'
        : `reads storage versions up to ${String(OWN.STORAGE_VERSION)}`;
      const message = `the database ${db} was written by ${maker} (storage version ${storageVersion}), and ${title} ${OWN.VERSION}, which is installed, ${reads}`;
      const hint = isOlder
        ? /^open it with that version, and export it/
        : /^install that version in your project \(npm install /;
      for (const args of [
        ['stats', '--db', db],
        ['stats', '--db', db, '--verify', FIXTURE],
        ['schema', '--db', db],
        ['schema', '--db', db, '--create'],
        ['export', join(directory, 'out'), '--db', db],
        ['load', FIXTURE, '--db', db],
        ['load', FIXTURE, '--db', db, '--append'],
        ['load', FIXTURE, '--db', db, '--dry-run'],
      ]) {
        const { code, json } = await kgloadJson(args);
        const [error] = json.errors;
        assert.deepEqual([code, error?.code, error?.message], [2, 'ENGINE_VERSION', message]);
        assert.match(error?.hint ?? '', hint);
      }
      const refused = { name: 'KgloadError', code: 'ENGINE_VERSION' };
      await assert.rejects(readStats(db), refused);
      await assert.rejects(exportDatabase(db, join(directory, 'out')), refused);
      await assert.rejects(verifyDatabase(db, FIXTURE), refused);
      assert.throws(() => new DependencyGraph(db), refused);
      assert.ok(readFileSync(db).equals(bytes));
      // It may be replaced.
      const { code, stderr } = await kgload(['load', FIXTURE, '--db', db, '--fresh', '-q']);
      assert.deepEqual([code, stderr], [0, '']);
    });
  }

  it('is opened by a newer engine of the project in which kgload is called', async (t) => {
    const directory = scratch(t);
    const version = Number(OWN.STORAGE_VERSION) + 6;
    const db = databaseOf(directory, version);
    const install = (at: string, release: string, storage: number): void => {
      const place = join(at, 'node_modules', PACKAGE);
      mkdirSync(place, { recursive: true });
      const manifest = { name: PACKAGE, version: release, main: 'index.js' };
      writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
      writeFileSync(
        join(place, 'index.js'),
        `exports.VERSION = '${release}'; exports.STORAGE_VERSION = ${storage}n;
         exports.Database = class { initSync() { throw new Error('release ${release} opens it'); } closeSync() {} };`,
      );
    };
    const project = join(directory, 'project');
    const inner = join(project, 'src', 'deep');
    mkdirSync(inner, { recursive: true });
    const opened = async (): Promise<string | undefined> => {
      const args = ['stats', '--db', db, '--json'];
      const { stdout } = await kgload(args, { cwd: inner });
      return (JSON.parse(stdout) as { errors: { message: string }[] }).errors[0]?.message;
    };
    install(project, '0.1.0', version); // Older than kgload's own.
    assert.match((await opened()) ?? '', /which is installed, reads storage versions up to/);
    install(project, '98.0.0', version - 1); // Not new enough.
    assert.match((await opened()) ?? '', /which is installed, reads storage versions up to/);
    install(project, '99.1.0', version);
    assert.match((await opened()) ?? '', /cannot be opened: release 99\.1\.0 opens it$/);
    // Its own files kgload's own engine opens, whatever there is.
    const usual = join(directory, 'usual.db');
    execute(usual, 'CREATE NODE TABLE T(id INT64, PRIMARY KEY(id))');
    assert.equal((await kgload(['stats', '--db', usual], { cwd: inner })).code, 0);
  });
});

it('a directory of Kuzu before 0.11 is told from others', async (t) => {
  const directory = scratch(t);
  const db = join(directory, 'old.db');
  mkdirSync(db);
  for (const name of ['data.kz', 'metadata.kz', '.lock']) writeFileSync(join(db, name), '');
  for (const args of [
    ['stats', '--db', db],
    ['load', FIXTURE, '--db', db, '--fresh'],
  ]) {
    const { code, json } = await kgloadJson(args);
    assert.deepEqual([code, json.errors[0]?.code], [2, 'ENGINE_VERSION']);
    assert.equal(
      json.errors[0]?.message,
      `${db} is a database of Kuzu before 0.11, which kept it in a directory; kgload does not touch it`,
    );
  }
});
