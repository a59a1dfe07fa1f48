import { apiKeys } from './features/api-keys/router.ts';
import { audit } from './features/audit/router.ts';
import { auth } from './features/auth/router.ts';
import { catalog } from './features/catalog/router.ts';
import { credentials } from './features/credentials/router.ts';
import { dataSources } from './features/data-sources/router.ts';
import { health } from './features/health/router.ts';
import { organizations } from './features/organizations/router.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  auth,
  organizations,
  apiKeys,
  dataSources,
  credentials,
  catalog,
  health,
  audit,
});

export type AppRouter = typeof appRouter;
