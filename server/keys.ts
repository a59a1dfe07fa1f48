import { EnvError, readKeyFile, type ServerEnv } from '../shared/env.ts';
import { createAccessTokens, type AccessTokens } from './identity/access-tokens.ts';

/** The token keys that the environment points to. Throws `EnvError` for anything but Ed25519 in PEM. */
export function readAccessTokens(env: ServerEnv): AccessTokens {
  const { TOKEN_SIGNING_KEY_FILE: current, TOKEN_PREVIOUS_KEY_FILE: previous } = env;
  const read = (variable: string, path: string) => readKeyFile(variable, path).toString('utf8');
  try {
    return createAccessTokens(
      read('TOKEN_SIGNING_KEY_FILE', current),
      previous === undefined ? undefined : read('TOKEN_PREVIOUS_KEY_FILE', previous),
    );
  } catch (cause) {
    if (cause instanceof EnvError) throw cause;
    throw new EnvError(
      'The environment variable TOKEN_SIGNING_KEY_FILE or TOKEN_PREVIOUS_KEY_FILE points to a file that is not an Ed25519 key in PEM.',
      { cause },
    );
  }
}
