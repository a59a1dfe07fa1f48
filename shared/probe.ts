import { z } from 'zod';
import {
  ConnectionFailureCodeSchema,
  ExplainedFailure,
  explainFailure,
} from './failures/connection-failures.ts';
import { healthStatuses } from './db/entities/data-source.entity.ts';

/**
 * The layers of a probe, outermost first. A failed step ends the probe. A dialect has only those that
 * it really goes through: a file is opened, and neither resolved nor signed in to.
 */
const probeSteps = [
  'open',
  'resolve',
  'address',
  'connect',
  'ssh',
  'tls',
  'sign-in',
  'query',
  'catalog',
] as const;

export const ProbeStep = z.object({
  step: z.enum(probeSteps),
  durationMs: z.number(),
  /** Null when the step passed. */
  failure: ConnectionFailureCodeSchema.nullable(),
});

/** What the latest probe says of a data source. */
export const ConnectionHealthStatus = z.enum(healthStatuses).meta({ id: 'ConnectionHealthStatus' });

/** What a worker says of a connection. Stored and shown, so it holds codes and never driver text. */
export const ProbeReport = z.object({
  steps: z.array(ProbeStep),
  /** The failure of the last step, or null when the data source is usable. */
  failure: ConnectionFailureCodeSchema.nullable(),
  durationMs: z.number(),
  /** The server's own version text, cut to 200 characters; null when it was not reached. */
  serverVersion: z.string().nullable(),
  /** The fingerprint of the host key that the SSH server showed, trusted or not. */
  sshHostKey: z.string().nullish(),
  /** Whole days until the certificate that the server showed ends; null without TLS. */
  certificateExpiresInDays: z.int().nullish(),
});

/** A step as people are told of it; of a failed one also who can do something about it, and what. */
export const ExplainedStep = ProbeStep.extend({
  actor: ExplainedFailure.shape.actor.optional(),
  advice: ExplainedFailure.shape.advice.optional(),
}).meta({ id: 'ProbeStep' });

/** The steps of a probe with what their failures mean. */
export function explainSteps(steps: readonly ProbeStep[]): z.infer<typeof ExplainedStep>[] {
  return steps.map((step) => {
    if (!step.failure) return step;
    const { actor, advice } = explainFailure(step.failure);
    return { ...step, actor, advice };
  });
}

export type ProbeStepName = (typeof probeSteps)[number];
export type ProbeStep = z.infer<typeof ProbeStep>;
export type ProbeReport = z.infer<typeof ProbeReport>;
