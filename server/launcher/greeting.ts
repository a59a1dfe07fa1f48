import type { FirstRun } from './first-run.ts';

interface GreetingOptions {
  readonly url: string;
  readonly dataDir: string;
  readonly first: FirstRun | null;
}

/** What `npm start` prints when everything runs; the secrets in it only the first time. */
export function greeting({ url, dataDir, first }: GreetingOptions): string {
  const lines = [
    '',
    `Basekeep is running at ${url}`,
    `  API description  ${url}/api/public/openapi`,
  ];
  if (!first) {
    lines.push(
      `  Sign-in and key  were shown at the first start and stand in ${dataDir}/first-run.json`,
    );
    return `${lines.join('\n')}\n\n`;
  }
  lines.push(
    `  Owner            ${first.owner.email}`,
    `  Password         ${first.owner.password}`,
    `  Bearer key       ${first.apiKey}`,
    `  Kept in          ${dataDir}/first-run.json (readable by you alone)`,
    '',
    'Try it:',
    `  curl -H 'Authorization: Bearer ${first.apiKey}' ${url}/api/public/organizations/${first.organizationId}/data-sources`,
  );
  return `${lines.join('\n')}\n\n`;
}
