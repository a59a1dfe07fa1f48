import { ConnectionFailure, type ProbeReport, type ProbeStepName } from './connector.ts';

/** Runs one named step of a probe and records how long it took and how it ended. */
export type ProbeStepper = <T>(step: ProbeStepName, work: () => Promise<T>) => Promise<T>;

const maxVersionCharacters = 200;

/**
 * Runs the layers of a probe in the order in which `run` asks for them and reports on each. `run`
 * gives back the server's version text and throws ConnectionFailure; anything else that it throws is
 * reported as INTERNAL_ERROR. Never throws.
 */
export async function probeBySteps(
  run: (step: ProbeStepper) => Promise<string | null>,
): Promise<ProbeReport> {
  const startedAt = performance.now();
  const steps: { step: ProbeStepName; durationMs: number; failure: ProbeReport['failure'] }[] = [];
  const stepper: ProbeStepper = async (step, work) => {
    const stepStartedAt = performance.now();
    const record = (failure: ProbeReport['failure']) =>
      steps.push({ step, durationMs: performance.now() - stepStartedAt, failure });
    try {
      const result = await work();
      record(null);
      return result;
    } catch (error) {
      record(codeOf(error));
      throw error;
    }
  };
  const [version, failure] = await run(stepper).then(
    (text) => [text?.slice(0, maxVersionCharacters) ?? null, null] as const,
    (error: unknown) => [null, codeOf(error)] as const,
  );
  return { steps, failure, durationMs: performance.now() - startedAt, serverVersion: version };
}

const codeOf = (error: unknown): NonNullable<ProbeReport['failure']> =>
  error instanceof ConnectionFailure ? error.code : 'INTERNAL_ERROR';
