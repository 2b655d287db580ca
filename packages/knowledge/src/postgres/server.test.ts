import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../cli/run.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import type { PostgresServer } from '../test-support/postgres-server.ts';
import { findPostgres, startPostgres } from '../test-support/postgres-server.ts';
import { createHashedEmbeddingModel } from '../testing/hashed-embedding-model.ts';
import { knowledgeConformanceCases } from '../testing/knowledge-conformance.ts';
import { openPg } from './pg-client.ts';
import { createPostgresKnowledgeBase } from './postgres-knowledge-base.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const found = findPostgres();
const whyNot = 'missing' in found ? ` [skipped: ${found.missing}]` : '';
const testServer = 'missing' in found ? test.skip : test;
const server = 'missing' in found ? undefined : await startPostgres();
const hasVector = server !== undefined && (await offersVector(server));
const testVector = hasVector ? test : test.skip;
const whyNoVector = whyNot || (hasVector ? '' : ' [skipped: the server has no pgvector]');

afterAll(async () => {
  await server?.stop();
});

async function offersVector({ url }: PostgresServer): Promise<boolean> {
  const client = await openPg(url, logger);
  const rows = await client.query(`select 1 from pg_available_extensions where name = 'vector'`);
  await client.close();
  return rows.length > 0;
}

let count = 0;
const open = (options: object = {}): KnowledgeBase =>
  createPostgresKnowledgeBase({ url: server!.url, schema: `case_${count}`, ...options });

const subject = {
  create: async (options: object) => {
    count++;
    return open(options);
  },
  reopen: async (options: object) => open(options),
};
const withoutVectors = knowledgeConformanceCases({ ...subject, canEmbed: false });
const withVectors = knowledgeConformanceCases(subject).slice(withoutVectors.length);
for (const { name, run } of withoutVectors) testServer(name + whyNot, run);
for (const { name, run } of withVectors) testVector(name + whyNoVector, run);

const documents = Array.from({ length: 40 }, (_, index) => ({
  id: `d/${index}`,
  title: `Title ${index}`,
  content: `The rooms of number ${index} are painted in colour${index}.`,
}));

testServer(
  `two importers at once, and two that make the tables, end with everything counted once${whyNot}`,
  async () => {
    count++;
    const [one, other] = [open(), open()];
    await Promise.all([one.prepare(), other.prepare()]);
    await Promise.all([
      one.add(documents.slice(0, 30)),
      other.add(documents.slice(10)),
      one.add(documents),
    ]);
    expect(await other.statistics()).toEqual({ documents: 40, passages: 40 });
    const client = await openPg(server!.url, logger);
    const [row] = await client.query<{ passages: string }>(
      `select passages from case_${count}.terms where term = 'room'`,
    );
    expect(Number(row?.passages)).toBe(40);
    await Promise.all([one.close(), other.close(), client.close()]);
  },
);

testServer(
  `tables of several schemas are made at once in a database that has no extension yet${whyNot}`,
  async () => {
    const client = await openPg(server!.url, logger);
    await client.query('create database fresh');
    await client.close();
    const url = server!.url.replace(/postgres$/, 'fresh');
    const bases = Array.from({ length: 12 }, (_, index) =>
      createPostgresKnowledgeBase({ url, schema: `fresh_${index % 4}` }),
    );
    await Promise.all(bases.map((knowledge) => knowledge.prepare()));
    await bases[0]!.add(documents);
    expect(await bases[4]!.statistics()).toEqual({ documents: 40, passages: 40 });
    await Promise.all(bases.map((knowledge) => knowledge.close()));
  },
);

testServer(
  `the command line imports into it with progress, twice, and searches in it${whyNot}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phone-agents-import-'));
    await writeFile(join(folder, 'rooms.md'), '# Rooms\n\nThe hall is painted in crimson.');
    await writeFile(join(folder, 'broken.pdf'), '%PDF-1.4 broken');
    const run = async (...args: string[]) => {
      const lines: string[] = [];
      const tell = (line: string): void => void lines.push(line);
      const code = await runCli({
        args: [...args, '--backend', 'postgres', '--url', server!.url, '--schema', 'by_cli'],
        environment: {},
        print: tell,
        complain: tell,
        terminal: { isTTY: true, columns: 60, write: tell },
        signal: new AbortController().signal,
      });
      return { code, output: lines.join('\n') };
    };
    const first = await run('import', folder, '--name', 'docs');
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringMatching(/1 added, .* 1 skipped/),
    });
    expect(first.output).toMatch(/█ 100 % 2\/2/);
    expect(await run('import', folder, '--name', 'docs')).toMatchObject({
      output: expect.stringMatching(/0 added, 0 updated, 1 unchanged/),
    });
    expect(await run('search', 'crimson')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/docs\/rooms\.md:3 {2}Rooms\n {6}The hall is painted/),
    });
    await rm(folder, { recursive: true, force: true });
  },
);

testServer(
  `a role that may only read can search, and is told when it writes${whyNot}`,
  async () => {
    count++;
    const owner = open();
    await owner.add(documents);
    await owner.close();
    const client = await openPg(server!.url, logger);
    await client.query(`create role reader_${count} login`);
    await client.query(`grant usage on schema case_${count} to reader_${count}`);
    await client.query(`grant select on all tables in schema case_${count} to reader_${count}`);
    await client.close();
    const reader = open({ url: server!.url.replace('tester', `reader_${count}`) });
    expect(await reader.search('colour7')).toMatchObject([{ documentId: 'd/7' }]);
    await expect(reader.remove(['d/7'])).rejects.toMatchObject({
      code: 'knowledge_unavailable',
      message: expect.stringMatching(/no right/),
    });
    await reader.close();
  },
);

const testNoVector = server !== undefined && !hasVector ? test : test.skip;
testNoVector(
  `a server without pgvector says so where vectors are wanted${
    whyNot || (hasVector ? ' [skipped: the server has pgvector]' : '')
  }`,
  async () => {
    count++;
    const knowledge = open({ embeddingModel: createHashedEmbeddingModel() });
    await expect(knowledge.add(documents)).rejects.toMatchObject({
      code: 'knowledge_driver_missing',
      message: expect.stringMatching(/lacks the extension vector: install pgvector/),
    });
    await knowledge.close();
  },
);

testServer(
  `a connection that breaks is made anew, and half a write is undone${whyNot}`,
  async () => {
    count++;
    const knowledge = open();
    await knowledge.add(documents);
    const client = await openPg(server!.url, logger);
    const endOthers = () =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'phone-agents-knowledge' and pid <> pg_backend_pid()`,
      );
    await endOthers();
    // The first may still find a connection that does not know yet that it is broken.
    await knowledge.search('colour7').catch(() => {});
    expect(await knowledge.search('colour7')).toMatchObject([{ documentId: 'd/7' }]);
    const writing = knowledge.add(
      (async function* () {
        for (let index = 0; index < 400; index++) {
          yield { id: `new/${index}`, title: 'New', content: `Fresh text ${index}.` };
          if (index === 300) await endOthers();
        }
      })(),
    );
    await writing.catch(() => {});
    const { documents: kept, passages } = await knowledge.statistics();
    expect(kept).toBe(passages);
    await knowledge.add(documents);
    await Promise.all([knowledge.close(), client.close()]);
  },
);

test('a server that is down is told in words that hold no password', async () => {
  const knowledge = createPostgresKnowledgeBase({
    url: 'postgres://someone:secret-word@127.0.0.1:1/none',
  });
  const error = await knowledge.search('rooms').catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    code: 'knowledge_unavailable',
    message: expect.stringMatching(/nothing listens/),
  });
  expect(String(error)).not.toContain('secret-word');
  await knowledge.close();
});

testServer(
  `a database that goes down in the middle of an import has each document whole, old or new${whyNot}`,
  async () => {
    const own = await startPostgres();
    const knowledge = createPostgresKnowledgeBase({ url: own.url });
    const version = (text: string) =>
      Array.from({ length: 400 }, (_, index) => ({
        id: `d/${String(index).padStart(3, '0')}`,
        title: `Title ${index}`,
        content: ['one', 'two'].map((part) => ({ headings: [part], text: `${text} ${part}.` })),
      }));
    await knowledge.add(version('Ancient'));
    const changing = knowledge.add(
      (async function* () {
        for (const [index, document] of version('Modern').entries()) {
          yield document;
          if (index === 200) await own.crash();
        }
      })(),
    );
    await expect(changing).rejects.toMatchObject({ code: 'knowledge_unavailable' });
    await own.restart();
    const client = await openPg(own.url, logger);
    const rows = await client.query<{ texts: string[] }>(
      `select array_agg(text order by index) as texts
       from phone_agents_knowledge.passages group by document_id order by document_id`,
    );
    const kinds = rows.map(({ texts }) => texts.join(' '));
    const [old, fresh] = ['Ancient one. Ancient two.', 'Modern one. Modern two.'];
    expect(kinds.filter((kind) => kind !== old && kind !== fresh)).toEqual([]);
    expect(kinds).toHaveLength(400);
    expect(kinds.filter((kind) => kind === fresh).length).toBeGreaterThan(0);
    expect(kinds.filter((kind) => kind === old).length).toBeGreaterThan(199);
    expect(await knowledge.add(version('Modern'))).toMatchObject({
      unchanged: kinds.filter((kind) => kind === fresh).length,
    });
    expect(await knowledge.search('ancient')).toEqual([]);
    await Promise.all([knowledge.close(), client.close()]);
    await own.stop();
  },
);

testServer(`a database that goes down and comes back is used again${whyNot}`, async () => {
  const own = await startPostgres();
  const knowledge = createPostgresKnowledgeBase({ url: own.url });
  await knowledge.add(documents);
  await own.crash();
  await expect(knowledge.search('rooms')).rejects.toMatchObject({ code: 'knowledge_unavailable' });
  await expect(knowledge.add(documents)).rejects.toMatchObject({ code: 'knowledge_unavailable' });
  await own.restart();
  expect(await knowledge.search('colour7')).toMatchObject([{ documentId: 'd/7' }]);
  await knowledge.close();
  await own.stop();
});
