import { z } from 'zod';
import { appRouter } from '../router.ts';
import type { Meta, Route, SurfaceName } from '../trpc.ts';

/** A procedure as a surface sees it. */
export interface RestOperation {
  /** The procedure's path: `dataSources.create`. */
  readonly procedure: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the prefix, parameters in braces: `/organizations/{id}`. */
  readonly path: `/${string}`;
  readonly pathParameters: readonly string[];
  readonly meta: Meta;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
}

interface ProcedureDefinition {
  readonly _def: {
    readonly meta?: Meta;
    readonly inputs: readonly unknown[];
    readonly output?: unknown;
  };
}

const procedures = appRouter._def.procedures as unknown as Record<string, ProcedureDefinition>;

/** Every operation of a surface, in the order of the router. */
export function operationsOf(surface: SurfaceName): RestOperation[] {
  return Object.entries(procedures).flatMap(([procedure, { _def }]) => {
    const route = _def.meta?.rest?.[surface];
    return route && _def.meta ? [toOperation(procedure, route, _def.meta, _def)] : [];
  });
}

function toOperation(
  procedure: string,
  route: Route,
  meta: Meta,
  { inputs, output }: ProcedureDefinition['_def'],
): RestOperation {
  const [method, path] = route.split(' ') as [RestOperation['method'], `/${string}`];
  // The last input is the procedure's own and the whole one; those before it belong to its bases.
  const input = inputs.at(-1);
  if (!(input instanceof z.ZodObject) || !(output instanceof z.ZodType)) {
    throw new Error(`${procedure} has a REST route and needs an object input and an output`);
  }
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
  return { procedure, method, path, pathParameters, meta, input, output };
}
