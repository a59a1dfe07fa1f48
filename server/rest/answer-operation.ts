import { TRPCError } from '@trpc/server';
import type { Request, RequestHandler } from 'express';
import { callProcedure } from '../call-procedure.ts';
import { createContext, type Context, type Services } from '../context.ts';
import { sendJson } from '../http/send-json.ts';
import { admit } from '../middleware/admit.ts';
import { isKnown } from '../middleware/entity-tag.ts';
import { toAppError } from '../middleware/errors.ts';
import { readUpload, type Upload } from '../middleware/read-upload.ts';
import { incoming } from '../middleware/request.ts';
import { isPage } from '../paging/paging.ts';
import { implyOrganization } from './imply-organization.ts';
import type { Names } from './naming/names.ts';
import { operationNames } from './naming/operation-names.ts';
import { renameError } from './naming/rename-error.ts';
import { renameValue } from './naming/rename-value.ts';
import { readInput, takeNumberedPage } from './read-input.ts';
import type { RestOperation } from './routes.ts';
import { streamAnswer } from './stream-answer.ts';
import type { Answering, PageValue, Surface } from './surface.ts';

/** One operation of a surface: shape in, procedure, shape out. */
export function answerOperation(
  surface: Surface,
  services: Services,
  operation: RestOperation,
): RequestHandler {
  const { meta, output, resource } = operation;
  const isNumbered = surface.paging === 'number' && isPage(output);
  const envelopeOf = enveloper(surface, operation);
  const route = `${operation.method} ${surface.prefix}${operation.path}`;
  let names: ReturnType<typeof operationNames> | undefined;
  return async (req, res) => {
    res.locals['operation'] = operation.procedure;
    // Compiled at the first request: a start should not wait for what nobody may ask.
    names ??= operationNames(surface, operation);
    const request = { ...incoming(req, res, surface), route };
    const context = createContext(services, request);
    // Who is not known has no file read.
    const caller = meta.upload ? await admit(context, operation.procedure) : context;
    const file = meta.upload ? await fileOf(req, meta.upload) : null;
    const sent = readInput(operation, req, names.incoming, file);
    const { input, numberedPage } = isNumbered
      ? takeNumberedPage(sent)
      : { input: sent, numberedPage: undefined };
    const asking = { ...caller, request: { ...request, numberedPage } };
    const answer = await ask(asking, operation, input, names.told);
    if (meta.streams) return streamAnswer(res, meta.streams, answer);
    if (operation.method === 'GET' && isKnown(req.headers['if-none-match'], res.get('ETag'))) {
      res.status(304).end();
      return;
    }
    const { requestId } = request;
    res.status(meta.status ?? 200);
    sendJson(res, envelopeOf(answer, names.outgoing, { requestId, resource, numberedPage }));
  };
}

async function fileOf(req: Request, upload: Upload): Promise<Record<string, unknown>> {
  return { [upload.field]: (await readUpload(req, upload)).toString('base64') };
}

function enveloper(surface: Surface, { output, meta }: RestOperation) {
  const narrower = meta.shows?.[surface.name];
  return (answer: unknown, names: Names | null, about: Answering): unknown => {
    if (!isPage(output)) {
      return surface.value(renameValue(narrower ? narrower.parse(answer) : answer, names), about);
    }
    const { items, pagination } = answer as PageValue;
    return surface.page(
      { items: items.map((item) => renameValue(item, names)), pagination },
      about,
    );
  };
}

async function ask(
  context: Context,
  operation: RestOperation,
  input: Record<string, unknown>,
  names: Names | null,
): Promise<unknown> {
  try {
    return await askInOrganization(context, operation, input);
  } catch (error) {
    // Only what comes out of a procedure speaks of its fields by its own names for them.
    if (!(error instanceof TRPCError)) throw error;
    throw new TRPCError({ code: error.code, cause: renameError(toAppError(error), names) });
  }
}

/** Asks the procedure; whose organization goes without saying is found out first. */
async function askInOrganization(
  context: Context,
  operation: RestOperation,
  input: Record<string, unknown>,
): Promise<unknown> {
  const { impliedOrganization: field, thing, nameOf, procedure, meta } = operation;
  if (field === null || Object.hasOwn(input, field))
    return callProcedure(procedure, context, input);
  const caller = await admit(context, procedure);
  const unsafeThing = thing === null ? undefined : input[thing];
  const hint = { unsafeThing, permission: meta.permission, name: nameOf(field) };
  return callProcedure(procedure, caller, {
    ...input,
    [field]: await implyOrganization(caller, hint),
  });
}
