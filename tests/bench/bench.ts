import type { Figure } from './figure.ts';

/** What a bench gets of its run. */
export interface BenchRun {
  /** The big size, which takes minutes. */
  readonly full: boolean;
  /** Where the product's processes leave CPU profiles; undefined when nobody asked. */
  readonly profileDir: string | undefined;
  /** What the bench starts, it hands over here; stopped in reverse order, whatever happens. */
  readonly stack: AsyncDisposableStack;
  /** A line that explains the figures: a size, a way of measuring. Kept with the results. */
  note(text: string): void;
}

/** Measures and answers its figures; throws when something did not work, never answers a guess. */
export type Bench = (run: BenchRun) => Promise<Figure[]>;
