import { readFile } from "node:fs/promises";
import type { Price, Shop } from "./shop";

const NAME = /^[a-z][a-z0-9\-]*\.?$/;
const defaults = { currency: "EUR", round: true };

export interface Entry {
  name: string;
  amount: number;
  note?: string;
}

export class Basket {
  private entries: Entry[] = [];
  private readonly options: typeof defaults;

  constructor(private shop: Shop, options = {}) {
    this.options = { ...defaults, ...options };
  }

  add(name: string, amount = 1, note?: string): this {
    if (!NAME.test(name)) {
      throw new Error(`not a name: ${name}\n`);
    }
    if (amount < 1 || amount > 99) {
      throw new RangeError("an amount is between 1 and 99");
    }
    const old = this.entries.find((entry) => entry.name === name);
    if (old && old.note === note) {
      old.amount += amount;
    } else {
      this.entries.push({ name, amount, note });
    }
    return this;
  }

  remove(name: string): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.name !== name);
    return this.entries.length < before;
  }

  async total(): Promise<Price> {
    let sum = 0;
    for (const entry of this.entries) {
      const price = await this.shop.price(entry.name);
      if (price.currency !== this.options.currency) {
        throw new Error("prices in " + price.currency + " cannot be added");
      }
      sum += price.value * entry.amount;
    }
    if (this.options.round) {
      sum = Math.round(sum * 100) / 100;
    }
    return { value: sum, currency: this.options.currency };
  }

  describe(): string {
    const rows = this.entries.map((entry) => `  ${entry.amount} × ${entry.name}`);
    return ["basket:", ...rows].join("\n");
  }
}

export async function fromFile(shop: Shop, path: string): Promise<Basket> {
  const basket = new Basket(shop);
  const text = await readFile(path, "utf8");
  for (const line of text.split(/\r?\n/)) {
    const [name, amount] = line.split("\t");
    basket.add(name, Number(amount));
  }
  return basket;
}
