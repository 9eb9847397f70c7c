import type { Clock } from '../engine/base/clock.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { Exposition } from './exposition.ts';
import { StatusReader } from './status.ts';
import { createRouteServer, jsonAnswer } from './route-server.ts';
import type { Route } from './route-server.ts';
import type { Server } from 'node:http';

/**
 * The exporter's HTTP server, not yet listening. It reads shared memory and nothing else.
 *
 * @param clock on the same time line as the engine's
 */
export function createExporterServer(memory: MetricsMemory, clock: Clock): Server {
  const exposition = new Exposition(memory, clock);
  const status = new StatusReader(memory, clock);
  const routes: Readonly<Record<string, Route>> = {
    '/metrics': async () => ({
      status: 200,
      contentType: exposition.contentType,
      body: await exposition.render(),
    }),
    '/healthz': () => {
      const health = status.health();
      return jsonAnswer(health.isAlive ? 200 : 503, health);
    },
    '/readyz': () => {
      const readiness = status.readiness();
      return jsonAnswer(readiness.isReady ? 200 : 503, readiness);
    },
    '/status': () => jsonAnswer(200, status.status()),
  };
  return createRouteServer(routes);
}
