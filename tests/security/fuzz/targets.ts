import { z } from 'zod';
import { documentOf } from '../../../server/rest/document.ts';
import { operationNames } from '../../../server/rest/naming/operation-names.ts';
import { renameFields } from '../../../server/rest/naming/rename-value.ts';
import { operationsOf, type RestOperation } from '../../../server/rest/routes.ts';
import type { Surface } from '../../../server/rest/surface.ts';
import { surfaces } from '../../../server/rest/surfaces/index.ts';
import { appRouter } from '../../../server/router.ts';
import type { SurfaceName } from '../../../server/trpc.ts';
import { inputOf, mutations, procedures, type Belongings } from '../../support/matrix.ts';
import { JsonSchema, type Definitions } from './json-schema.ts';

type Values = Readonly<Record<string, unknown>>;

/** A field of an operation, as its document has it. */
export interface Field {
  readonly name: string;
  readonly place: 'path' | 'query' | 'body';
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** An operation of a surface, or a procedure over RPC, as a client of its document sees it. */
export interface Target {
  readonly transport: SurfaceName | 'trpc';
  /** `dataSources.create` */
  readonly procedure: string;
  readonly method: string;
  /** From the root, with parameters in braces. */
  readonly path: string;
  readonly fields: readonly Field[];
  readonly definitions: Definitions;
  /** Values that are right for what a tenant has, in the names of the document. */
  valid(of: Belongings): Values;
}

/** Everything that can be asked: each operation of each surface, and each procedure over RPC. */
export function allTargets(): Target[] {
  return [...surfaces.flatMap(targetsOf), ...procedures.map(rpcTarget)];
}

const Parameter = z.object({
  in: z.string(),
  name: z.string(),
  required: z.boolean().default(false),
  schema: JsonSchema,
});

const Documented = z.object({
  parameters: z.array(Parameter).default([]),
  requestBody: z
    .object({ content: z.object({ 'application/json': z.object({ schema: JsonSchema }) }) })
    .optional(),
});

const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Documented)),
  components: z.object({ schemas: z.record(z.string(), JsonSchema) }),
});

function targetsOf(surface: Surface): Target[] {
  // A file travels in another way: over RPC it is a field like any other.
  const operations = operationsOf(surface).filter(({ meta }) => !meta.upload);
  const { paths, components } = Document.parse(documentOf(surface, operations));
  return operations.map((operation) => {
    const path = operation.path.replaceAll(
      /\{(\w+)\}/g,
      (_, field: string) => `{${operation.nameOf(field)}}`,
    );
    const documented = paths[path]?.[operation.method.toLowerCase()];
    if (!documented) throw new Error(`${operation.procedure} is not documented`);
    return {
      transport: surface.name,
      procedure: operation.procedure,
      method: operation.method,
      path: surface.prefix + path,
      fields: fieldsOf(documented),
      definitions: components.schemas,
      valid: (of) => told(surface, operation, inputOf(operation.procedure, of)),
    };
  });
}

function told(surface: Surface, operation: RestOperation, input: Values): Values {
  return renameFields(input, operationNames(surface, operation).told);
}

function fieldsOf({ parameters, requestBody }: z.infer<typeof Documented>): Field[] {
  const beside = parameters.flatMap(({ in: place, name, required, schema }): Field[] =>
    place === 'path' || place === 'query' ? [{ name, place, schema, isRequired: required }] : [],
  );
  const body = requestBody?.content['application/json'].schema;
  return [...beside, ...(body ? membersOf(body, 'body') : [])];
}

function membersOf(schema: JsonSchema, place: Field['place']): Field[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    place,
    schema: property,
    isRequired: required.includes(name),
  }));
}

const definitionsOf = z.object({ $defs: z.record(z.string(), JsonSchema).default({}) });
const rpc = appRouter._def.procedures as unknown as Readonly<
  Record<string, { readonly _def: { readonly inputs: readonly unknown[] } }>
>;

/** RPC has no document but its types: the schema that they come from takes its place. */
function rpcTarget(procedure: string): Target {
  const isMutation = mutations.includes(procedure);
  // The last input is the procedure's own and the whole one.
  const schema = rpc[procedure]?._def.inputs.at(-1);
  if (!(schema instanceof z.ZodType)) throw new Error(`${procedure} takes no input`);
  const written = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    transport: 'trpc',
    procedure,
    method: isMutation ? 'POST' : 'GET',
    path: `/trpc/${procedure}`,
    fields: membersOf(JsonSchema.parse(written), 'body'),
    definitions: definitionsOf.parse(written).$defs,
    valid: (of) => inputOf(procedure, of),
  };
}
