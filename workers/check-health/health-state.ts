/** What is known of a data source between two checks. */
export interface HealthState {
  readonly status: 'HEALTHY' | 'UNHEALTHY';
  /** Failed checks, one after another. */
  readonly failures: number;
  /** The first of them; null when there is none. */
  readonly failingSince: Date | null;
  /** Whether the connection as it is now was ever seen healthy. */
  readonly isProven: boolean;
}

interface Check {
  readonly at: Date;
  readonly hasFailed: boolean;
  /** It will fail again, whatever the network does. */
  readonly isCertain: boolean;
}

/** Where a check leads: the state from now on, what turned with it, and when to look again. */
export interface Judgement {
  readonly state: HealthState;
  /** An outage began or ended. */
  readonly turn: 'failed' | 'recovered' | null;
  /** `soon`: one failure is no outage yet. `down`: rarely, to spare it. */
  readonly nextLook: 'soon' | 'usual' | 'down';
}

// One lost packet is no outage; a server that fails twice within seconds is not there.
const failuresToFail = 2;

/**
 * What one more check says of a data source. Two failures in a row make it unhealthy, one where
 * nothing speaks for it: it was never healthy, or the failure is certain to last. One success makes it healthy again.
 */
export function judge(before: HealthState, check: Check): Judgement {
  if (!check.hasFailed) {
    const state = { status: 'HEALTHY', failures: 0, failingSince: null, isProven: true } as const;
    const turn = before.status === 'UNHEALTHY' ? 'recovered' : null;
    return { state, turn, nextLook: 'usual' };
  }
  const failures = before.failures + 1;
  const isDown =
    before.status === 'UNHEALTHY' ||
    !before.isProven ||
    check.isCertain ||
    failures >= failuresToFail;
  const status = isDown ? 'UNHEALTHY' : 'HEALTHY';
  const failingSince = before.failingSince ?? check.at;
  return {
    state: { status, failures, failingSince, isProven: before.isProven },
    turn: isDown && before.status === 'HEALTHY' ? 'failed' : null,
    nextLook: isDown ? 'down' : 'soon',
  };
}
