import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

/** All that a child sees of our environment: nothing of it. */
const childEnvironment = { PATH: '/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };

interface RunOptions {
  /** Whom to run as; ourselves when undefined. Only root may choose. */
  user?: { uid: number; gid: number } | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Spawns in a session of its own, so that Ctrl-C in the terminal reaches only us and we stop the
 * child in order, and from `/`, because another user may not be able to enter our folder.
 */
export function spawnAs(
  file: string,
  args: readonly string[],
  { user, stdio, signal }: RunOptions & Pick<SpawnOptions, 'stdio'>,
): ChildProcess {
  return spawn(file, args, {
    cwd: '/',
    env: childEnvironment,
    detached: true,
    stdio: stdio ?? 'ignore',
    ...(user && { uid: user.uid, gid: user.gid }),
    ...(signal && { signal }),
  });
}

/**
 * Runs a short command to its end. A command that cannot be started is an answer too: code 127 and
 * the reason as output.
 * @throws the signal's reason when it was aborted.
 */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number; output: string }> {
  options.signal?.throwIfAborted();
  const result = await new Promise<{ code: number; output: string }>((resolve) => {
    let child: ChildProcess;
    try {
      child = spawnAs(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      resolve({ code: 127, output: String(error) });
      return;
    }
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    child.stderr?.on('data', (chunk) => (output += String(chunk)));
    child.once('error', (error) => resolve({ code: 127, output: String(error) }));
    child.once('close', (code) => resolve({ code: code ?? 128, output }));
  });
  options.signal?.throwIfAborted();
  return result;
}
