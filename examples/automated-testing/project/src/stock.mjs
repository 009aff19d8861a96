import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** A warehouse that needs a moment: what it is told it knows only the next time it is asked, as a replica that lags behind. */
export class Stock {
  constructor(file) {
    this.file = file;
  }

  /** Whether it knew before. */
  store(sku) {
    const known = this.has(sku);
    if (!known) writeFileSync(this.file, `${sku}\n`, { flag: 'a' });
    return known;
  }

  has(sku) {
    return existsSync(this.file) && readFileSync(this.file, 'utf8').split('\n').includes(sku);
  }
}
