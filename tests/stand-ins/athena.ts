import { z } from 'zod';
import { checkSignature, type SignedService } from './aws-signature.ts';
import type { StandInAnswer, StandInHandler, StandInRequest } from './http-stand-in.ts';

/** A table as ListTableMetadata describes it, without its name. */
export interface AthenaTable {
  readonly schema: string;
  readonly name: string;
  readonly metadata: { readonly [field: string]: unknown };
}

export interface AthenaState extends SignedService {
  readonly catalog: string;
  /** By name: ENABLED or DISABLED. */
  readonly workgroups: Map<string, string>;
  readonly databases: Set<string>;
  readonly tables: AthenaTable[];
  /** Answers with this instead, while it gives one. */
  refuse: (action: string, headers: StandInRequest['headers']) => Refusal | null;
  /** The actions that were asked for with a good signature, and their input. */
  readonly asked: (readonly [action: string, input: AthenaInput])[];
}

type Refusal = StandInAnswer | Promise<StandInAnswer>;

const AthenaInput = z.object({
  WorkGroup: z.string().optional(),
  CatalogName: z.string().optional(),
  DatabaseName: z.string().optional(),
  TableName: z.string().optional(),
  MaxResults: z.int().optional(),
  NextToken: z.string().optional(),
});
type AthenaInput = z.infer<typeof AthenaInput>;

const target = 'AmazonAthena.';

/**
 * Amazon Athena's JSON API in one region, as far as a catalog needs it, every request's signature
 * recomputed. Formats: Athena API reference, "AWS Signature Version 4", and the AWS JSON 1.1 protocol
 * of Smithy; what Athena makes of AWS Glue's errors as clients' issue trackers show it.
 */
export function athenaHandler(state: AthenaState): StandInHandler {
  return (request) => {
    const refused = checkSignature(state, request);
    if (refused) return failure(...refused);
    const action = String(request.headers['x-amz-target'] ?? '');
    if (!action.startsWith(target) || !isJson11(request)) {
      return failure('UnknownOperationException', '');
    }
    const input = AthenaInput.parse(JSON.parse(request.body));
    const name = action.slice(target.length);
    state.asked.push([name, input]);
    return state.refuse(name, request.headers) ?? answer(state, name, input);
  };
}

function isJson11({ method, path, headers }: StandInRequest): boolean {
  return (
    method === 'POST' && path === '/' && headers['content-type'] === 'application/x-amz-json-1.1'
  );
}

function answer(state: AthenaState, action: string, input: AthenaInput): StandInAnswer {
  if (input.WorkGroup !== undefined && !state.workgroups.has(input.WorkGroup)) {
    return failure('InvalidRequestException', 'WorkGroup is not found.');
  }
  switch (action) {
    case 'GetWorkGroup':
      return describeWorkgroup(state, input.WorkGroup ?? '');
    case 'ListDataCatalogs':
      return ok({ DataCatalogsSummary: [{ CatalogName: state.catalog, Type: 'GLUE' }] });
    case 'ListDatabases':
    case 'GetDatabase':
    case 'ListTableMetadata':
    case 'GetTableMetadata':
      return describeCatalog(state, action, input);
    default:
      return failure('UnknownOperationException', '');
  }
}

function describeWorkgroup({ workgroups }: AthenaState, name: string): StandInAnswer {
  const engine = 'Athena engine version 3';
  return ok({
    WorkGroup: {
      ...{ Name: name, State: workgroups.get(name), CreationTime: 1.7e9 },
      Configuration: {
        EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: engine },
      },
    },
  });
}

function describeCatalog(
  { catalog, databases, tables }: AthenaState,
  action: 'ListDatabases' | 'GetDatabase' | 'ListTableMetadata' | 'GetTableMetadata',
  input: AthenaInput,
): StandInAnswer {
  if (input.CatalogName !== catalog) {
    return failure('InvalidRequestException', `DataCatalog ${input.CatalogName} was not found`);
  }
  if (action === 'ListDatabases') {
    return page([...databases].sort(), input, (names) => ({
      DatabaseList: names.map((Name) => ({ Name, Parameters: {} })),
    }));
  }
  const schema = input.DatabaseName ?? '';
  if (!databases.has(schema)) return notInGlue(`Database ${schema} not found.`);
  if (action === 'GetDatabase') return ok({ Database: { Name: schema } });
  const described = tables
    .filter((table) => table.schema === schema)
    .map(({ name, metadata }) => ({ Name: name, CreateTime: 1.7e9, ...metadata }));
  if (action === 'ListTableMetadata') {
    return page(described, input, (TableMetadataList) => ({ TableMetadataList }));
  }
  const found = described.find(({ Name }) => Name === input.TableName);
  return found ? ok({ TableMetadata: found }) : notInGlue(`Entity ${input.TableName} not found.`);
}

function page<T>(
  all: readonly T[],
  { MaxResults = 50, NextToken = '0' }: AthenaInput,
  body: (items: readonly T[]) => object,
): StandInAnswer {
  if (MaxResults < 1 || MaxResults > 50) {
    return failure('InvalidRequestException', "1 validation error detected: Value at 'maxResults'");
  }
  const from = Number(NextToken);
  const to = from + MaxResults;
  const next = to < all.length ? { NextToken: `${to}` } : {};
  return ok({ ...body(all.slice(from, to)), ...next });
}

function ok(body: object): StandInAnswer {
  return { status: 200, body, headers: { 'content-type': 'application/x-amz-json-1.1' } };
}

/** An error as Athena writes it. */
export function failure(type: string, message: string, status = 400): StandInAnswer {
  const own = type === 'InvalidRequestException' ? { AthenaErrorCode: 'INVALID_INPUT' } : {};
  return {
    status,
    body: { __type: type, ...own, message },
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type },
  };
}

function notInGlue(message: string): StandInAnswer {
  const source =
    '(Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)';
  return failure('MetadataException', `${message} ${source}`);
}
