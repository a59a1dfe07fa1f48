import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const Profile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).default([]),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

type Profile = z.infer<typeof Profile>;
type Node = Profile['nodes'][number];

/** Where the time of each profile in a folder went: by package, and by function of ours. */
export async function describeProfiles(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = Profile.parse(JSON.parse(await readFile(path.join(folder, file), 'utf8')));
    lines.push(`profile ${file}`, ...describe(profile));
  }
  return lines;
}

function describe(profile: Profile): string[] {
  const self = selfTimes(profile);
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const idle = sumOf(self, byId, (node) => (isIdle(node) ? 'idle' : null)).get('idle') ?? 0;
  const busy = [...self.values()].reduce((sum, value) => sum + value, 0) - idle;
  const shown = (title: string, times: Map<string, number>, count: number): string[] => [
    `  ${title}`,
    ...[...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, us]) => `    ${((us / busy) * 100).toFixed(1).padStart(5)} %  ${name}`),
  ];
  const busyOnly = (name: (node: Node) => string) => (node: Node) =>
    isIdle(node) ? null : name(node);
  return [
    ...shown('own time by package', sumOf(self, byId, busyOnly(packageOf)), 16),
    ...shown('own time by function', sumOf(self, byId, busyOnly(functionOf)), 40),
    ...shown('time of functions with all they call', inclusiveTimes(profile, self), 60),
  ];
}

function selfTimes({ samples, timeDeltas }: Profile): Map<number, number> {
  const times = new Map<number, number>();
  for (const [n, id] of samples.entries()) {
    times.set(id, (times.get(id) ?? 0) + (timeDeltas[n] ?? 0));
  }
  return times;
}

function sumOf(
  self: ReadonlyMap<number, number>,
  byId: ReadonlyMap<number, Node>,
  name: (node: Node) => string | null,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [id, us] of self) {
    const node = byId.get(id);
    const key = node ? name(node) : null;
    if (key !== null) sums.set(key, (sums.get(key) ?? 0) + us);
  }
  return sums;
}

/** Each function once per stack, however often it recurs. */
function inclusiveTimes(profile: Profile, self: ReadonlyMap<number, number>): Map<string, number> {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const sums = new Map<string, number>();
  const visit = (node: Node, above: ReadonlySet<string>): number => {
    const name = functionOf(node);
    const stack = new Set([...above, name]);
    let total = isIdle(node) ? 0 : (self.get(node.id) ?? 0);
    for (const id of node.children) {
      const child = byId.get(id);
      if (child) total += visit(child, stack);
    }
    if (!above.has(name) && !name.startsWith('(')) sums.set(name, (sums.get(name) ?? 0) + total);
    return total;
  };
  const [root] = profile.nodes;
  if (root) visit(root, new Set());
  return sums;
}

const isIdle = ({ callFrame }: Node): boolean =>
  callFrame.functionName === '(idle)' || callFrame.functionName === '(program)';

function packageOf({ callFrame: { url, functionName } }: Node): string {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return name;
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  if (url.startsWith('file:')) return 'ours';
  return functionName === '(garbage collector)' ? functionName : `native or built-in`;
}

function functionOf({ callFrame: { url, functionName, lineNumber } }: Node): string {
  if (url === '') return functionName;
  const short = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/main\//, '');
  return `${functionName || '(anonymous)'} ${short}:${lineNumber + 1}`;
}
