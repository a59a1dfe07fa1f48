import type { Belongings } from '../../support/matrix.ts';
import { hostileBodies, hostileTexts } from './hostile-bodies.ts';
import { hostileValues } from './hostile-values.ts';
import { requestOf, type FuzzRequest } from './request.ts';
import type { Field, Target } from './targets.ts';

/** A request with one thing wrong, and right otherwise. */
export interface HostileRequest {
  readonly what: string;
  readonly request: FuzzRequest;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sixty and more hostile requests to a target, none of which may be taken. */
export function corpusOf(target: Target, of: Belongings): HostileRequest[] {
  const { method, transport } = target;
  const values = target.valid(of);
  const send = (what: string, request: FuzzRequest, headers = {}): HostileRequest => ({
    what,
    request,
    headers,
  });
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const isRpc = transport === 'trpc';
  const requests = [
    ...(hasBody || isRpc ? hostileTexts : []).map(({ what, body }) =>
      send(what, requestOf(target, values, String(body))),
    ),
    ...(hasBody ? hostileBodies : []).map(({ what, body, headers }) =>
      send(what, { ...requestOf(target, values), body }, headers),
    ),
    ...(hasBody ? repeatedFields(target, values) : []),
    ...hostilePaths(target, values),
    ...hostileHeaders(target, values),
    ...(isRpc ? [] : hostileQueries(requestOf(target, values))),
  ];
  const missing = Math.max(0, 60 - requests.length);
  return [...requests, ...hostileFields(target, values).slice(0, Math.max(missing, 12))];
}

type Values = ReturnType<Target['valid']>;

/** A field that is right, given a second time: whoever takes the last one takes the request. */
function repeatedFields(target: Target, values: Values): HostileRequest[] {
  const request = requestOf(target, values);
  const body = String(request.body);
  const escapedName = (name: string): string =>
    `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`;
  return Object.keys(Object(JSON.parse(body))).flatMap((name) =>
    [JSON.stringify(name), escapedName(name)].map((again) => ({
      what: `${name} and ${again}`,
      request: { ...request, body: body.replace('{', `{${again}:null,`) },
      headers: {},
    })),
  );
}

const segments = ['%', '%zz', '%E0%A4%A', '%00', '%C0%AF', 'a%00b', 'x'.repeat(101), '%ff'];

/** Each parameter of the path as something that is no id, and cannot be read in half of the cases. */
function hostilePaths(target: Target, values: Values): HostileRequest[] {
  return target.fields
    .filter(({ place }) => place === 'path')
    .flatMap(({ name }) =>
      segments.map((segment) => {
        const request = requestOf(target, { ...values, [name]: 'HOSTILE' });
        const path = request.path.replace('HOSTILE', segment);
        return { what: `${segment} as ${name}`, request: { ...request, path }, headers: {} };
      }),
    );
}

const queries = [
  ...['hostile=1', '__proto__=1', 'constructor=1', 'limit[]=1', 'limit[$gt]=1', 'hostile', '%zz=1'],
  ...[
    'hostile=1&hostile=2',
    'limit=1&limit=1',
    '%00=1',
    '%ED%A0%80=1',
    'a.b=1',
    `q=${'x'.repeat(10_000)}`,
  ],
];

function hostileQueries(request: FuzzRequest): HostileRequest[] {
  const joint = request.path.includes('?') ? '&' : '?';
  return queries.map((query) => ({
    what: `?${query.slice(0, 40)}`,
    request: { ...request, path: `${request.path}${joint}${query}` },
    headers: {},
  }));
}

/** What is said beside the request, of something that would be refused for its unknown field. */
function hostileHeaders(target: Target, values: Values): HostileRequest[] {
  const request = requestOf(target, { ...values, hostile: 1 });
  const long = 'x'.repeat(8_000);
  const headers: Record<string, string>[] = [
    { 'x-huge': 'x'.repeat(20_000) },
    { authorization: 'Bearer null' },
    { authorization: `Bearer ${long}` },
    { authorization: 'Basic YWRtaW46YWRtaW4=' },
    { 'x-api-key': '__proto__', 'x-api-secret': '' },
    { 'if-match': long },
    { 'if-none-match': long },
    { 'idempotency-key': long },
    { 'x-http-method-override': 'GET' },
    { 'x-forwarded-for': long },
    { cookie: long },
  ];
  return headers.map((header) => ({
    what: `the header ${Object.keys(header)[0]}`,
    request,
    headers: header,
  }));
}

/** Fields of a wrong type, and fields that nobody knows. */
function hostileFields(target: Target, values: Values): HostileRequest[] {
  const wrong = target.fields.flatMap((field) =>
    valuesWrongFor(field).map((value) => ({ name: field.name, value })),
  );
  const unknown = hostileValues.map((value, n) => ({ name: `hostile${n}`, value }));
  return [...wrong, ...unknown].map(({ name, value }) => ({
    what: `${name} as ${JSON.stringify(value)?.slice(0, 40)}`,
    request: requestOf(target, { ...values, [name]: value }),
    headers: {},
  }));
}

/** What a field in a body takes in no case, by its type. In a query everything is text. */
function valuesWrongFor({ place, schema }: Field): readonly unknown[] {
  if (place !== 'body') return [];
  switch (schema.type) {
    case 'string':
      return ['a\0b', 'a\ud800', 7, {}, ['x']];
    case 'integer':
    case 'number':
      return [1e308, '1', [], {}];
    case 'boolean':
      return ['true', 1, 'yes'];
    case 'array':
      return [{}, 'x', [['x']], [null]];
    case undefined:
    default:
      return [];
  }
}
