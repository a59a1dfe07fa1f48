/** Live and test data sources, and the keys that reach either. */
export const environments = ['live', 'test'] as const;

export type Environment = (typeof environments)[number];
