/** What somebody is about to buy: how many of which article, and what one costs. */
export class Cart {
  #lines = new Map();

  add(sku, cents, count = 1) {
    if (!(count > 0)) throw new RangeError(`count must be more than 0, not ${count}`);
    const known = this.#lines.get(sku);
    this.#lines.set(sku, { cents, count: (known?.count ?? 0) + count });
  }

  remove(sku) {
    return this.#lines.delete(sku);
  }

  get total() {
    return [...this.#lines.values()].reduce((sum, { cents, count }) => sum + cents * count, 0);
  }
}
