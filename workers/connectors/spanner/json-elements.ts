import { ByteCollector } from '../../egress/http/byte-collector.ts';
import { costOfJson } from '../../memory/costs.ts';
import type { AnswerHolding } from '../../memory/last-answers.ts';
import { ConnectionFailure } from '../connector.ts';

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const blanks = new Set([0x20, 0x09, 0x0a, 0x0d]);
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/**
 * The elements of a JSON array as they come in, each as its text: what Google's APIs make of a stream.
 * Only the ends of elements are found here; what is between them is for the parser, and `hold` is told
 * what it takes. Throws PROTOCOL_ERROR for what is no array of objects, LIMIT_EXCEEDED for an element of
 * more than `maxBytes`.
 */
export async function* jsonElements(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
  hold: AnswerHolding,
): AsyncGenerator<string> {
  const begun = new ByteCollector();
  const at = new Place();
  let cost = 0;
  for await (const piece of pieces) {
    const own = costOfJson(piece);
    cost += own;
    hold(begun.capacity + cost);
    let from = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const event = at.step(piece[index] ?? 0);
      if (event === 'begins') from = index;
      if (event !== 'ends') continue;
      begun.add(piece.subarray(from, index + 1));
      if (begun.length > maxBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
      yield begun.take('utf8');
      // What was before this piece has gone by.
      cost = own;
    }
    if (at.isInElement) begun.add(piece.subarray(from));
    if (begun.length > maxBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
  }
  if (!at.isOver) refuse();
}

/** Where in an array of objects the next byte is. */
class Place {
  /** 0 before and after the array, 1 between elements. */
  #depth = 0;
  #hasBegun = false;
  #inText = false;
  #isEscaped = false;

  get isInElement(): boolean {
    return this.#depth > 1;
  }

  get isOver(): boolean {
    return this.#hasBegun && this.#depth === 0;
  }

  /** Whether an element begins or ends with this byte. */
  step(byte: number): 'begins' | 'ends' | null {
    if (this.#inText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#inText = false;
      return null;
    }
    if (opening.has(byte)) return this.#open(byte);
    if (closing.has(byte)) return this.#close();
    if (byte === quote && this.#depth > 1) this.#inText = true;
    else if (this.#depth < 2 && !blanks.has(byte) && !this.#isBetween(byte)) refuse();
    return null;
  }

  #open(byte: number): 'begins' | null {
    const wanted = [0x5b, 0x7b][this.#depth];
    if ((wanted !== undefined && byte !== wanted) || this.isOver) refuse();
    this.#hasBegun = true;
    this.#depth += 1;
    return this.#depth === 2 ? 'begins' : null;
  }

  #close(): 'ends' | null {
    if (this.#depth === 0) refuse();
    this.#depth -= 1;
    return this.#depth === 1 ? 'ends' : null;
  }

  #isBetween(byte: number): boolean {
    return byte === comma && this.#depth === 1;
  }
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
