import { z } from 'zod';
import { procedures, type Procedure } from '../call-procedure.ts';
import { inOrganization, ofOrganization, type Meta, type Route } from '../trpc.ts';
import type { Spelling } from './naming/spelling.ts';
import type { Surface } from './surface.ts';

/** A procedure as a surface sees it. */
export interface RestOperation {
  /** The procedure's path: `dataSources.create`. */
  readonly procedure: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the prefix, fields of the input in braces: `/organizations/{id}`. */
  readonly path: `/${string}`;
  readonly pathParameters: readonly string[];
  /** The fields that stand in the query although there is a body. */
  readonly queryFields: readonly string[];
  /** The field that says which organization it is about, when the path does not: it may be left out. */
  readonly impliedOrganization: 'orgId' | 'id' | null;
  /** The field of the route that names a thing in an organization. */
  readonly thing: string | null;
  /** What the surface calls a field of the input. */
  readonly nameOf: Spelling;
  /** What a list of its answers is called: the last part of the path, in camel case. */
  readonly resource: string;
  readonly meta: Meta;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
}

/** Every operation of a surface, in the order of the router. */
export function operationsOf(surface: Surface): RestOperation[] {
  return [...procedures].flatMap(([procedure, { _def }]) => {
    const route = _def.meta?.rest?.[surface.name];
    return route && _def.meta ? [toOperation(surface, procedure, route, _def.meta, _def)] : [];
  });
}

function toOperation(
  surface: Surface,
  procedure: string,
  route: Route,
  meta: Meta,
  { inputs, output: whole }: Procedure['_def'],
): RestOperation {
  // The last input is the procedure's own and the whole one; those before it belong to its bases.
  const input = inputs.at(-1);
  const output = meta.shows?.[surface.name] ?? whole;
  if (!(input instanceof z.ZodObject) || !(output instanceof z.ZodType)) {
    throw new Error(`${procedure} has a REST route and needs an object input and an output`);
  }
  const { method, path, pathParameters, aliases } = parseRoute(route);
  const organization = organizationField(inputs);
  const implied = organization && pathParameters.includes(organization) ? null : organization;
  const names = new Map(aliases);
  if (organization === 'orgId' || implied) names.set(organization ?? '', surface.organizationName);
  return {
    procedure,
    method,
    path,
    pathParameters,
    queryFields: hasBody(method) ? [...aliases.keys()] : [],
    impliedOrganization: implied,
    thing: [...pathParameters, ...aliases.keys()].find((field) => field !== organization) ?? null,
    nameOf: (field) => names.get(field) ?? surface.spell(field),
    resource: resourceOf(path),
    meta,
    input,
    output,
  };
}

/** Whether a request says in its body what it asks for. */
export const hasBody = (method: RestOperation['method']): boolean =>
  method !== 'GET' && method !== 'DELETE';

/** `GET /tables?data_source_id={id}`: the aliases are then `id` to `data_source_id`. */
function parseRoute(route: Route) {
  const [method, target = ''] = route.split(' ') as [RestOperation['method'], string];
  const [path, query] = target.split('?') as [`/${string}`, string?];
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
  const aliases = [...new URLSearchParams(query)].map(
    ([alias, field]) => [field.replaceAll(/[{}]/g, ''), alias] as const,
  );
  return { method, path, pathParameters, aliases: new Map(aliases) };
}

function organizationField(inputs: readonly unknown[]): 'orgId' | 'id' | null {
  if (inputs.includes(inOrganization)) return 'orgId';
  return inputs.includes(ofOrganization) ? 'id' : null;
}

function resourceOf(path: string): string {
  const [last = ''] = path.split('/').slice(-1);
  return last.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
