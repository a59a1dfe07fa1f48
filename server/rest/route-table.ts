/** What a path leads to, and the texts that stand in it for its parameters, by their names. */
export interface Found<T> {
  readonly value: T;
  readonly params: Record<string, string>;
}

interface Step<T> {
  readonly words: Map<string, Step<T>>;
  parameter: Step<T> | null;
  leaf: { readonly value: T; readonly names: readonly string[] } | null;
}

/**
 * Paths with parameters, `/organizations/{id}`, found segment by segment: however many there are, the
 * time goes by the length of the path. Where a word and a parameter both fit, it is the word. Letters
 * count as they are written; one slash at the end does not.
 */
export class RouteTable<T> {
  readonly #root: Step<T> = emptyStep();

  add(path: `/${string}`, value: T): void {
    let step = this.#root;
    const names: string[] = [];
    for (const segment of segmentsOf(path)) {
      const [, name] = /^\{(\w+)\}$/.exec(segment) ?? [];
      if (name !== undefined) names.push(name);
      step = name === undefined ? wordOf(step, segment) : (step.parameter ??= emptyStep());
    }
    if (step.leaf) throw new Error(`two routes are called ${path}`);
    step.leaf = { value, names };
  }

  /** Null when no path fits. Throws URIError when a parameter is not percent-encoded as it should be. */
  find(path: string): Found<T> | null {
    const segments = segmentsOf(path);
    const texts: string[] = [];
    const leaf = descend(this.#root, segments, 0, texts);
    if (!leaf) return null;
    const params = leaf.names.map(
      (name, at) => [name, decodeURIComponent(texts[at] ?? '')] as const,
    );
    return { value: leaf.value, params: Object.fromEntries(params) };
  }
}

function descend<T>(
  step: Step<T>,
  segments: readonly string[],
  at: number,
  texts: string[],
): Step<T>['leaf'] {
  const segment = segments[at];
  if (segment === undefined) return step.leaf;
  const word = step.words.get(segment);
  const leaf = word ? descend(word, segments, at + 1, texts) : null;
  if (leaf || !step.parameter || segment === '') return leaf;
  texts.push(segment);
  const below = descend(step.parameter, segments, at + 1, texts);
  if (!below) texts.pop();
  return below;
}

function wordOf<T>(step: Step<T>, word: string): Step<T> {
  const known = step.words.get(word) ?? emptyStep<T>();
  step.words.set(word, known);
  return known;
}

const emptyStep = <T>(): Step<T> => ({ words: new Map(), parameter: null, leaf: null });

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/').slice(1);
