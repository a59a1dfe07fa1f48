import path from 'node:path';
import { TRPCClientError } from '@trpc/client';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const api = useApi(database);

describe('the typed client', () => {
  test('does the main job: organization, data source, tables, health, rename, delete', async () => {
    const client = api.client(await api.tenant());
    const { id: orgId } = await client.organizations.create.mutate({ name: 'Typed' });
    const source = await client.dataSources.create.mutate({
      orgId,
      type: 'direct',
      dialect: 'POSTGRES',
      displayName: 'Shop',
      host: 'db.example.com',
      username: 'reader',
      password: 'correct horse',
    });
    const ref = { orgId, id: source.id };
    expect(await client.dataSources.list.query({ orgId })).toEqual({
      items: [source],
      pagination: { nextCursor: null, hasMore: false },
    });
    expect((await client.dataSources.requestSync.mutate(ref)).status).toBe('PENDING');
    expect((await client.dataSources.listSyncs.query(ref)).items).toHaveLength(1);
    expect((await client.catalog.listTables.query(ref)).items).toEqual([]);
    expect((await client.health.get.query(ref)).lastCheck).toBeNull();
    const renamed = await client.dataSources.update.mutate({ ...ref, displayName: 'Renamed' });
    expect(renamed.displayName).toBe('Renamed');
    expect(await client.dataSources.delete.mutate(ref)).toEqual({ id: source.id, deleted: true });
    await expect(client.dataSources.get.query(ref)).rejects.toThrow('Data source not found');
  });

  test('has the stable code, the fields and the request of an error in its data', async () => {
    const tenant = await api.tenant();
    const error: unknown = await api
      .client(tenant)
      .dataSources.create.mutate({
        orgId: tenant.orgId,
        type: 'direct',
        dialect: 'POSTGRES',
        displayName: '',
      })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({
      message: 'displayName: Must not be empty',
      data: {
        code: 'BAD_REQUEST',
        httpStatus: 400,
        errorCode: 'VALIDATION',
        fieldErrors: { displayName: 'Must not be empty' },
        requestId: expect.stringMatching(/^req_/),
      },
    });
    expect(JSON.stringify(error)).not.toContain('stack');
  });
});

describe('a wrong call', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const file = path.join(root, 'tests/contract/virtual-caller.ts');
  const source = `
    import { createBasekeepClient } from '../../server/client.ts';
    const client = createBasekeepClient({ url: 'http://localhost', apiKey: 'bd_key_' });
    const right = { orgId: 'org_x', type: 'direct', dialect: 'POSTGRES', displayName: 'Shop' } as const;
    await client.dataSources.create.mutate(right);
    await client.dataSources.create.mutate({ ...right, hots: 'db.example.com' });
    await client.dataSources.create.mutate({ ...right, port: '5432' });
    await client.dataSources.create.mutate({ orgId: 'org_x', type: 'direct', dialect: 'POSTGRES' });
    await client.dataSources.create.mutate({ ...right, dialect: 'POSTGERS' });
    (await client.dataSources.get.query({ orgId: 'org_x', id: 'ds_x' })).password;
    await client.dataSources.create.query(right);
  `;

  test('does not compile, and the compiler names the field', { timeout: 120_000 }, () => {
    const diagnostics = compile().map((diagnostic) => {
      const { line } = ts.getLineAndCharacterOfPosition(
        ts.createSourceFile(file, source, ts.ScriptTarget.ESNext),
        diagnostic.start ?? 0,
      );
      return {
        statement: source.split('\n')[line]?.trim(),
        code: diagnostic.code,
        text: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
      };
    });
    const wrong = (statement: string, code: number, name: string) => ({
      statement: expect.stringContaining(statement),
      code,
      text: expect.stringContaining(name),
    });
    expect(diagnostics).toEqual([
      wrong('hots:', 2353, "'hots'"),
      wrong("port: '5432'", 2322, "'string' is not assignable to type 'number'"),
      wrong("dialect: 'POSTGRES' });", 2345, 'displayName'),
      wrong('POSTGERS', 2820, '"POSTGERS"'),
      wrong('.password', 2339, "'password'"),
      wrong('create.query', 2339, "'query'"),
    ]);
  });

  /** What the compiler says of the file, with the settings of the project. */
  function compile(): readonly ts.Diagnostic[] {
    const settings = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) =>
      ts.sys.readFile(name),
    );
    const { options } = ts.parseJsonConfigFileContent(settings.config, ts.sys, root);
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (name, target, ...rest) =>
      path.resolve(name) === file
        ? ts.createSourceFile(name, source, target)
        : read(name, target, ...rest);
    const { fileExists } = host;
    host.fileExists = (name) => path.resolve(name) === file || fileExists(name);
    const program = ts.createProgram([file], options, host);
    const own = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(own), ...program.getSemanticDiagnostics(own)];
  }
});
