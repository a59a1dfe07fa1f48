import path from 'node:path';

/**
 * The folder of an organization's own database files: below the one of all of them, named by its id.
 * What lies beside it is another organization's, and symbolic links do not lead there either.
 */
export function organizationFolder(
  root: string | undefined,
  organizationId: string,
): string | undefined {
  return root === undefined ? undefined : path.join(root, organizationId);
}
