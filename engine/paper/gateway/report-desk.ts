const LINK_MS = 7_200_000;
/** Links that work: two hours' worth of two requests a minute would be fewer. */
const LINKS_MAX = 1_000;

/** A report that was asked for. */
export interface Report {
  readonly uid: string;
  readonly begin: string;
  readonly end: string;
  readonly createdMs: number;
}

/** The reports of a venue and the links to them. */
export class ReportDesk {
  readonly reports: Report[] = [];
  readonly #links = new Map<string, { readonly report: Report; readonly endsMs: number }>();
  #count = 0;

  /** A new name for the file, for two hours. */
  link(report: Report, nowMs: number): string {
    const name = `RebateDetails${report.begin.slice(4)}-${report.end.slice(4)}-${(++this.#count).toString(36)}.csv`;
    if (this.#links.size >= LINKS_MAX) this.#links.delete(this.#links.keys().next().value!);
    this.#links.set(name, { report, endsMs: nowMs + LINK_MS });
    return name;
  }

  find(name: string, nowMs: number): Report | undefined {
    const found = this.#links.get(name);
    return found === undefined || found.endsMs <= nowMs ? undefined : found.report;
  }
}
