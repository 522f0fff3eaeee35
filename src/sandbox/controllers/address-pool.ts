import { NumberPool } from './number-pool.js';

/**
 * Hands out the addresses of an IPv4 network as `NumberPool` does numbers: nobody who still remembers an address that was
 * given back soon reaches somebody else there. Addresses that end in .0 or .255 are left out; they look like networks.
 */
export class AddressPool {
  readonly #numbers: NumberPool;

  /** `network` like `127.64.0.0/11`. */
  constructor(network: string) {
    const [address = '', length = '32'] = network.split('/');
    const first = numberOf(address);
    if (first === undefined) throw new Error(`not an IPv4 network: ${network}`);
    const isUsable = (number: number): boolean => number % 256 !== 0 && number % 256 !== 255;
    this.#numbers = new NumberPool({ first, size: 2 ** (32 - Number(length)), isUsable });
  }

  /** Undefined where every address is taken. */
  allocate(holder: string): string | undefined {
    const number = this.#numbers.allocate(holder);
    return number === undefined ? undefined : textOf(number);
  }

  /**
   * Takes an address that was chosen elsewhere. False where somebody else holds it. One outside the network is nobody's
   * here and always granted.
   */
  claim(address: string, holder: string): boolean {
    const number = numberOf(address);
    return number === undefined || this.#numbers.claim(number, holder);
  }

  /** Only the holder can give an address back. */
  release(address: string, holder: string): void {
    const number = numberOf(address);
    if (number !== undefined) this.#numbers.release(number, holder);
  }
}

function numberOf(address: string): number | undefined {
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || !bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    return undefined;
  }
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
