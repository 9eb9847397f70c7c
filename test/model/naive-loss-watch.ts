/** The whole history of one profit, looked through from its beginning for every question. */
export class NaiveLossWatch {
  readonly profits: number[] = [];
  #from = 0;
  #baseline = 0;

  /** Loss and drawdown count from the last profit on. */
  rebase(): void {
    this.#baseline = this.profits.at(-1) ?? 0;
    this.#from = this.profits.length;
  }

  get loss(): number {
    return Math.max(0, this.#baseline - (this.profits.at(-1) ?? 0));
  }

  get drawdown(): number {
    const peak = Math.max(this.#baseline, ...this.profits.slice(this.#from));
    return Math.max(0, peak - (this.profits.at(-1) ?? 0));
  }
}
