import type { Holding } from './holding.ts';

/** Says how many bytes an answer takes so far. Throws ConnectionFailure, as `Holding` does. */
export type AnswerHolding = (bytes: number) => void;

/**
 * Holds each answer of a session until so many others have begun: whoever reads a few at a time, or one
 * ahead, has them in hand for about that long.
 */
export class LastAnswers {
  readonly #holding: Holding | undefined;
  readonly #most: number;
  readonly #answers: object[] = [];

  constructor(holding: Holding | undefined, most: number) {
    this.#holding = holding;
    this.#most = most;
  }

  begin(): AnswerHolding {
    const answer = {};
    this.#answers.push(answer);
    const oldest = this.#answers.length > this.#most ? this.#answers.shift() : undefined;
    if (oldest) this.#holding?.set(oldest, 0);
    return (bytes) => this.#holding?.set(answer, bytes);
  }
}
