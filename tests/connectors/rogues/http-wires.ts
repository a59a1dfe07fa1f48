import type { Identity } from '../../support/certificates.ts';
import { startCanary } from '../../support/canary.ts';
import { startSocketServer } from '../../support/servers/socket-server.ts';
import { startHttpStandIn, type StandInHandler } from '../../stand-ins/http-stand-in.ts';
import { type Answer, moreAnswers, redirectTo, usualAnswers } from './http-answers.ts';
import type { Hostile, HostileRows, HostileServer, HostileWire } from './hostile-case.ts';
import { type HttpService, httpServices } from './http-services.ts';
import { identities } from './identities.ts';
import { impostors } from './impostors.ts';
import { withElsewhere } from './with-elsewhere.ts';

const good = identities.good;

/** Answers the first bytes of every connection, with TLS if it has a certificate. */
export async function startRogue(
  identity: Identity | null,
  answer: Answer,
): Promise<HostileServer> {
  const chunks: Buffer[] = [];
  const serve: Parameters<typeof startSocketServer>[0] = (socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('data', () => {
      void Promise.resolve(answer(socket)).catch(() => socket.destroy());
    });
  };
  const server = await startSocketServer(serve, { identity });
  return {
    port: server.port,
    get received() {
      return Buffer.concat(chunks);
    },
    close: () => server.close(),
  };
}

async function startRedirecting(): Promise<HostileServer> {
  const elsewhere = await startCanary();
  return withElsewhere(await startRogue(good, redirectTo(elsewhere.port)), elsewhere);
}

/** A stand-in that means well until something is asked that `isIt`; mute then, unless said otherwise. */
async function startTurning(
  handler: StandInHandler,
  isIt: (text: string, nth: number) => boolean,
  otherwise: StandInHandler = () => new Promise(() => undefined),
): Promise<HostileServer> {
  let requests = 0;
  const received: Buffer[] = [];
  const standIn = await startHttpStandIn(good, (request) => {
    const asked = [request.path, request.body, ...request.query.values()].join(' ');
    const text = `${asked} ${JSON.stringify(request.headers)}`;
    received.push(Buffer.from(text));
    requests += 1;
    return isIt(text, requests) ? otherwise(request) : handler(request);
  });
  return {
    port: standIn.port,
    get received() {
      return Buffer.concat(received);
    },
    close: () => standIn.close(),
  };
}

/** The cases that need a server which means well for a while. */
function withStandIn(service: HttpService): Pick<HostileRows, StandInCase> {
  const { handler, catalog, provenIn = 'a file that nobody named', named } = service;
  const silent = (isIt: Parameters<typeof startTurning>[1]): Hostile => ({
    start: () => startTurning(handler, isIt),
    check: 'TIMEOUT',
  });
  return {
    'is mute at a statement': silent((_text, nth) => nth > 1),
    'is mute amid a catalog': silent((text) => text.includes(catalog)),
    'has hostile identifiers': named
      ? { start: () => startTurning(named.handler, () => false), check: null, names: named.names }
      : { provenIn },
    'means well': {
      start: () => startTurning(handler, () => false),
      ...{ check: null, isToldSecret: true },
    },
  };
}

/** Of a catalog, where rows are read as they come; the others end at the limit of one answer. */
function endless({ handler, endless: flood }: HttpService): { readonly [what: string]: Hostile } {
  if (!flood) return {};
  const { wanted, pieces, check } = flood;
  const start = (): Promise<HostileServer> =>
    startTurning(
      handler,
      (text) => text.includes(wanted),
      () => ({ status: 200, body: null, pieces: pieces() }),
    );
  return {
    'sends rows of a catalog without end': {
      ...{ start, check, sync: ['LIMIT_EXCEEDED', 'TIMEOUT'], isHeavy: true },
    },
  };
}

type StandInCase =
  | 'is mute at a statement'
  | 'is mute amid a catalog'
  | 'has hostile identifiers'
  | 'means well';

function wireOf(service: HttpService): HostileWire {
  const { expected = {}, ...facts } = service;
  const own = (what: string): Hostile['check'] | undefined =>
    Object.entries(expected).find(([name]) => name === what)?.[1];
  const answered = ([what, { answer, ends, isHeavy = false }]: [
    string,
    { answer: Answer; ends: Hostile['check']; isHeavy?: boolean },
  ]): [string, Hostile] => [
    what,
    { start: () => startRogue(good, answer), check: own(what) ?? ends, isHeavy },
  ];
  const usual = (what: keyof typeof usualAnswers): Hostile =>
    answered([what, usualAnswers[what]])[1];
  const rows: HostileRows = {
    'is mute': {
      start: () => startRogue(null, () => undefined),
      ...{ check: 'TIMEOUT', isToldSecret: false },
    },
    'is mute in the TLS handshake': { not: 'every connection begins with the handshake' },
    // Here the secret goes with the first request, which is what makes the tests below mean something.
    'is mute at the sign-in': { ...usual('is mute at the sign-in'), isToldSecret: true },
    'drips byte by byte': usual('drips byte by byte'),
    'promises an oversized frame': usual('promises an oversized frame'),
    'sends rows without end': usual('sends rows without end'),
    'writes an error of 100 KB': usual('writes an error of 100 KB'),
    'asks for the password itself': { not: 'how to sign in is the client’s choice alone' },
    'asks for a file of ours': { not: 'the protocol has no requests to the client' },
    'refuses TLS': {
      start: () => startRogue(null, (socket) => void socket.write('HTTP/1.1 400 Bad\r\n\r\n')),
      ...{ check: 'TLS_NOT_SUPPORTED', isToldSecret: false },
    },
    ...impostors((identity) => startRogue(identity, () => undefined)),
    redirects: { start: startRedirecting, check: 'PROTOCOL_ERROR' },
    'speaks another protocol': usual('speaks another protocol'),
    ...withStandIn(service),
  };
  return {
    dialect: facts.dialect,
    connection: {
      ...facts.connection,
      ...{ sslEnabled: true, sslCaCertificate: identities.authority },
    },
    secrets: facts.secrets,
    forms: facts.forms,
    rows,
    more: { ...Object.fromEntries(Object.entries(moreAnswers).map(answered)), ...endless(service) },
  };
}

export const httpWires: readonly HostileWire[] = httpServices.map(wireOf);
