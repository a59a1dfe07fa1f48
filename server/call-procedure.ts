import type { ProcedureCallOptions } from '@trpc/server/unstable-core-do-not-import';
import type { Context } from './context.ts';
import { appRouter } from './router.ts';
import type { Meta } from './trpc.ts';

/** What a transport needs to know of a procedure. */
export interface Procedure {
  (call: ProcedureCallOptions<Context>): Promise<unknown>;
  readonly _def: {
    readonly type: 'query' | 'mutation' | 'subscription';
    readonly meta?: Meta;
    /** The inputs of its bases and, last, its own. */
    readonly inputs: readonly unknown[];
    readonly output?: unknown;
  };
}

/** Every procedure by its path: `dataSources.create`. */
export const procedures: ReadonlyMap<string, Procedure> = new Map(
  Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>),
);

/** Has a procedure answer. Throws a TRPCError, translated, when it refuses. */
export function callProcedure(path: string, ctx: Context, input: unknown): Promise<unknown> {
  const procedure = procedures.get(path);
  if (!procedure) throw new Error(`no procedure ${path}`);
  const { type } = procedure._def;
  const { signal } = ctx.request;
  const getRawInput = () => Promise.resolve(input);
  return procedure({ path, ctx, type, signal, getRawInput, batchIndex: 0 });
}
