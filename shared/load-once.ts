/**
 * Gives what `load` gives, which is asked once: Node resolves an `import()` of what it has loaded
 * long ago each time anew. A load that fails is tried again.
 */
export function loadOnce<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loading: Promise<Loaded> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}
