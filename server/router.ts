import { access } from './features/access/router.ts';
import { apiKeys } from './features/api-keys/router.ts';
import { audit } from './features/audit/router.ts';
import { auth } from './features/auth/router.ts';
import { backups } from './features/backups/router.ts';
import { catalog } from './features/catalog/router.ts';
import { credentials } from './features/credentials/router.ts';
import { dataSources } from './features/data-sources/router.ts';
import { groups } from './features/groups/router.ts';
import { health } from './features/health/router.ts';
import { icons } from './features/icons/router.ts';
import { members } from './features/members/router.ts';
import { organizations } from './features/organizations/router.ts';
import { projects } from './features/projects/router.ts';
import { schedules } from './features/schedules/router.ts';
import { webhooks } from './features/webhooks/router.ts';
import { tables } from './features/tables/router.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  auth,
  organizations,
  icons,
  members,
  projects,
  groups,
  tables,
  apiKeys,
  dataSources,
  access,
  credentials,
  catalog,
  health,
  schedules,
  backups,
  audit,
  webhooks,
});

export type AppRouter = typeof appRouter;
