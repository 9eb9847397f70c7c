import { FleetExposition } from './fleet-exposition.ts';
import type { FleetStatus } from './fleet-status.ts';
import { createRouteServer, jsonAnswer } from './route-server.ts';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface FleetServerOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly look: () => FleetStatus;
}

/** The supervisor's port cannot be had. */
export class FleetServerError extends Error {
  override readonly name = 'FleetServerError';
  readonly code = 'FLEET_PORT';
}

/** The one view over several accounts: /metrics, /healthz, /readyz and /status of their supervisor. */
export class FleetServer {
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  /** @throws FleetServerError when the address cannot be had */
  static async open({ host, port, look }: FleetServerOptions): Promise<FleetServer> {
    const exposition = new FleetExposition(look);
    const server = createRouteServer({
      '/metrics': async () => ({
        status: 200,
        contentType: exposition.contentType,
        body: await exposition.render(),
      }),
      // Whoever gets this answer has it from a supervisor that lives.
      '/healthz': () => jsonAnswer(200, { isAlive: true }),
      '/readyz': () => {
        const { isReady, reasons } = look();
        return jsonAnswer(isReady ? 200 : 503, { isReady, reasons });
      },
      '/status': () => jsonAnswer(200, look()),
    });
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new FleetServerError(
        `supervisor: expected ${host}:${port} to be free, was ${code}; stop what listens there, or change fleet.metrics.host and fleet.metrics.port`,
        { cause: error },
      );
    }
    return new FleetServer((server.address() as AddressInfo).port, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
  }

  close(): Promise<void> {
    return this.#close();
  }
}
