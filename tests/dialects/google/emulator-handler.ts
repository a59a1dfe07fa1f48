import { GoogleTokens, type TokenService } from '../../stand-ins/google-tokens.ts';
import type { StandInAnswer, StandInHandler } from '../../stand-ins/http-stand-in.ts';
import { askEmulator, type EmulatorAnswer } from './ask-emulator.ts';

/**
 * An emulator as Google's service is met: by HTTPS, with the token endpoint that emulators have none
 * of, and with its answers as the service writes them.
 */
export function emulatorHandler(
  emulator: URL,
  service: TokenService,
  translate: (answer: EmulatorAnswer, path: string) => StandInAnswer,
): StandInHandler {
  const tokens = new GoogleTokens(service);
  return async (request) => {
    const { method, path, query, body } = request;
    if (method === 'POST' && path === '/token') return tokens.issue(request);
    if (!tokens.accepts(request)) {
      const message = 'Request had invalid authentication credentials.';
      return { status: 401, body: { error: { code: 401, message, status: 'UNAUTHENTICATED' } } };
    }
    const asked = query.size > 0 ? `${path}?${query.toString()}` : path;
    return translate(await askEmulator(emulator, method, asked, body), path);
  };
}
