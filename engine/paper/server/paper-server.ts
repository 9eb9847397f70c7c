import { ACCOUNT_ROUTES } from '../gateway/rest-account.ts';
import { BROKER_ROUTES, answerReport } from '../gateway/rest-broker.ts';
import { MARKET_ROUTES } from '../gateway/rest-market.ts';
import { answerPaper } from '../gateway/rest-paper.ts';
import { answerOAuth } from '../gateway/oauth-pages.ts';
import { RestRouter } from '../gateway/rest-router.ts';
import { TRADE_ROUTES } from '../gateway/rest-trade.ts';
import type { PaperVenue } from '../gateway/venue.ts';
import type { HttpServer } from './http-server.ts';

/**
 * How often the venue's time is let pass. Every millisecond would cost a tenth of a core for nothing: the fastest
 * channels publish every 10 ms, and requests let time pass by themselves.
 */
const ADVANCE_MS = 5;

/** A venue on a port: connects the server's requests and sockets to it, and lets its time pass. */
export class PaperServer {
  readonly #venue: PaperVenue;
  readonly #server: HttpServer;
  #timer: NodeJS.Timeout | null = null;

  constructor(venue: PaperVenue, server: HttpServer) {
    this.#venue = venue;
    this.#server = server;
    const router = new RestRouter(venue, [
      ...MARKET_ROUTES,
      ...ACCOUNT_ROUTES,
      ...TRADE_ROUTES,
      ...BROKER_ROUTES,
    ]);
    server.handle((request) =>
      request.path.startsWith('/paper/')
        ? answerPaper(venue, request)
        : (answerOAuth(venue, request) ?? answerReport(venue, request) ?? router.answer(request)),
    );
    server.accept((path, transport) => venue.open(path, transport));
  }

  /** Resolves to the port. */
  async listen(host: string, port: number): Promise<number> {
    const listening = await this.#server.listen(host, port);
    this.#timer = setInterval(() => this.#venue.advance(), ADVANCE_MS);
    return listening;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#server.close();
  }
}
