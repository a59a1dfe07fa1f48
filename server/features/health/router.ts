import { pageOf } from '../../paging/paging.ts';
import { dataSourceProcedure, router } from '../../trpc.ts';
import {
  GetHealth,
  GetLatency,
  Health,
  HealthCheck,
  HealthIncident,
  Latency,
  ListChecks,
  ListIncidents,
} from './contract.ts';
import { getHealth } from './get-health.ts';
import { getLatency } from './get-latency.ts';
import { listChecks } from './list-checks.ts';
import { listIncidents } from './list-incidents.ts';

const permission = 'data-sources:read';
const tag = 'Data Sources';
const path = '/data-sources/{id}/health';

const routes = <Below extends string>(below: Below) => ({
  public: `GET /organizations/{orgId}${path}${below}` as const,
  v1: `GET ${path}${below}` as const,
  keyed: `GET ${path}${below}` as const,
});

export const health = router({
  get: dataSourceProcedure
    .meta({ summary: 'Get the health of a data source', permission, rest: routes(''), tag })
    .input(GetHealth)
    .output(Health)
    .query(({ ctx, input }) => getHealth(ctx, input)),

  listChecks: dataSourceProcedure
    .meta({
      summary: 'List the health checks of a data source, with how long each step took',
      permission,
      rest: routes('/checks'),
      tag,
    })
    .input(ListChecks)
    .output(pageOf(HealthCheck))
    .query(({ ctx, input }) => listChecks(ctx, input)),

  listIncidents: dataSourceProcedure
    .meta({
      summary: 'List the outages of a data source, with their causes',
      permission,
      rest: routes('/incidents'),
      tag,
    })
    .input(ListIncidents)
    .output(pageOf(HealthIncident))
    .query(({ ctx, input }) => listIncidents(ctx, input)),

  getLatency: dataSourceProcedure
    .meta({
      summary: 'How long the checks of a data source took, in percentiles by hour or by day',
      permission,
      rest: routes('/latency'),
      tag,
    })
    .input(GetLatency)
    .output(Latency)
    .query(({ ctx, input }) => getLatency(ctx, input)),
});
