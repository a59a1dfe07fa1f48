/** Variables that a child process needs to run at all; everything else is given by name. */
export function inheritedEnv(source: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = [
    ...['PATH', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot'],
    ...['NODE_EXTRA_CA_CERTS', 'NODE_COMPILE_CACHE'],
  ];
  return Object.fromEntries(
    names.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
  );
}
