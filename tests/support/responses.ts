import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, expect } from 'vitest';
import { z } from 'zod';
import { documentOf } from '../../server/rest/document.ts';
import { operationsOf } from '../../server/rest/routes.ts';
import type { Surface } from '../../server/rest/surface.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';

/** An answer as it came over the wire. */
interface ReceivedResponse {
  readonly method: string;
  /** From the root, with or without a query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  /** Parsed when it is JSON. */
  readonly body: unknown;
}

/** Compares answers with an OpenAPI document: A2 of security.md. */
export interface ResponseRecorder {
  /**
   * Throws when the operation does not document the status, or the body is not what it documents
   * for it: undocumented fields included. What no operation answers to (an unknown path, a method
   * that a path does not have, health, metrics, RPC) is none of its business.
   */
  check(response: ReceivedResponse): void;
  /** Every miss so far, thrown or not. */
  readonly misses: readonly string[];
  /** `<operationId> <status>` of everything that was checked. */
  readonly seen: ReadonlySet<string>;
}

/** By the type of its content; an answer without a body has none. */
const Documented = z.looseObject({ content: z.record(z.string(), z.unknown()).default({}) });

const Document = z.object({
  servers: z.tuple([z.object({ url: z.string() })]),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ operationId: z.string(), responses: z.record(z.string(), Documented) }),
    ),
  ),
});

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly responses: Readonly<Record<string, z.infer<typeof Documented>>>;
  /** JSON pointer of its responses. */
  readonly pointer: string;
}

/** A recorder of one document; `close` also refuses fields that the document does not name. */
export function recordResponses(document: object): ResponseRecorder {
  const reading = readDocument(document);
  return recordBy(() => reading);
}

/** What a document says, made ready to be compared with. */
interface Reading {
  readonly operations: readonly Operation[];
  readonly validatorOf: (pointer: string) => ValidateFunction;
}

const readDocument = (document: object): Reading => ({
  operations: operationsIn(document),
  validatorOf: createValidators(document),
});

const readings = new Map<Surface, Reading>();

/** Read when first asked for, and once in a process: it takes longer than many a test file. */
function readingOf(surface: Surface): Reading {
  const reading = readings.get(surface) ?? readDocument(documentOf(surface, operationsOf(surface)));
  readings.set(surface, reading);
  return reading;
}

function recordBy(read: () => Reading): ResponseRecorder {
  const misses: string[] = [];
  const seen = new Set<string>();
  const miss = (text: string): never => {
    misses.push(text);
    throw new Error(text);
  };
  return {
    misses,
    seen,
    check({ method, path, status, contentType, body }) {
      const { operations, validatorOf } = read();
      const [pathname = ''] = path.split('?');
      const operation = operations.find(
        (candidate) => candidate.method === method && candidate.pattern.test(pathname),
      );
      if (!operation) return;
      const name = `${operation.id} ${status}`;
      seen.add(name);
      const documented = operation.responses[String(status)];
      if (!documented) return miss(`${name}: the status is not documented`);
      const type = contentType?.split(';')[0] ?? 'no content type';
      const types = Object.keys(documented.content);
      if (types.length === 0 && contentType === null) return;
      if (!types.includes(type)) {
        return miss(`${name}: answered ${type}, not ${types.join(' or ')}`);
      }
      if (type !== 'application/json') return;
      const validate = validatorOf(`${operation.pointer}/${status}`);
      if (!validate(body)) {
        const reasons = (validate.errors ?? []).map(
          ({ instancePath, message, params }) =>
            `${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`,
        );
        return miss(`${name}: the body is not as documented: ${reasons.join('; ')}`);
      }
    },
  };
}

/** Checks the answers of a test file against every surface; the file fails when one was amiss. */
export function useResponseRecorder(): ResponseRecorder {
  const recorders = surfaces.map((surface) => ({
    ...recordBy(() => readingOf(surface)),
    prefix: `${surface.prefix}/`,
  }));
  const misses = () => recorders.flatMap((recorder) => recorder.misses);
  afterAll(() => expect(misses(), 'answers that are not as documented').toEqual([]));
  return {
    check: (response) =>
      recorders.forEach(({ prefix, check }) => {
        if (response.path.startsWith(prefix)) check(response);
      }),
    get misses() {
      return misses();
    },
    get seen() {
      return new Set(recorders.flatMap((recorder) => [...recorder.seen]));
    },
  };
}

function operationsIn(document: object): Operation[] {
  const { paths, servers } = Document.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, responses }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      pattern: patternOf(servers[0].url + path),
      responses,
      pointer: `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses`,
    })),
  );
  // `/data-sources/verify` before `/data-sources/{id}`.
  return operations.sort((a, b) => parameters(a) - parameters(b));
}

const parameters = ({ pointer }: Operation): number => pointer.split('{').length;

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`);

function createValidators(document: object): (pointer: string) => ValidateFunction {
  // Not strict: an OpenAPI document holds more than schemas.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closed(document) as object, 'openapi');
  return (pointer) => {
    const $ref = `openapi#${encodeURI(pointer)}/content/application~1json/schema`;
    return ajv.getSchema($ref) ?? ajv.compile({ $ref });
  };
}

/** The document leaves room for new fields, for the sake of clients. Tests leave none. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(
    Object.entries(schema).map(([name, member]) => [name, closed(member)]),
  );
  const isObject = 'properties' in members && typeof members['properties'] === 'object';
  return isObject ? { additionalProperties: false, ...members } : members;
}
