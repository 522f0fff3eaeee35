import { isIP } from 'node:net';
import type { DestinationOverride } from '../../core/routes.js';
import type { JsonNode } from './json-node.js';
import { parseQuantity } from './quantity.js';

/**
 * An entry of a ServiceProfile's `dstOverrides`. Undefined where it is invalid, with a problem noted; and where it has no
 * weight, which is how a share is switched off.
 */
export function decodeOverride(node: JsonNode): DestinationOverride | undefined {
  const authority = decodeAuthority(node.get('authority'));
  const weight = decodeWeight(node.get('weight'));
  return authority === undefined || weight === undefined || weight === 0 ? undefined : { authority, weight };
}

const maxWeight = 2 ** 32 - 1;

/** A quantity, in tenths of a thousandth. One that is too small for that is the smallest: only 0 means no share. */
function decodeWeight(node: JsonNode): number | undefined {
  const { value } = node;
  const quantity = typeof value === 'string' ? parseQuantity(value) : value;
  if (typeof quantity !== 'number' || !(quantity >= 0)) {
    node.note('a quantity that is not negative, such as 500m or 1');
    return undefined;
  }
  return quantity === 0 ? 0 : Math.min(Math.max(Math.round(quantity * 10_000), 1), maxWeight);
}

/** `host` or `host:port`, in lower case and without a dot at the end of the host. */
function decodeAuthority(node: JsonNode): string | undefined {
  const text = node.string() ?? '';
  const { host, port } = hostAndPort.exec(text)?.groups ?? {};
  const validPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  if (host !== undefined && validPort && isHostName(host)) {
    return port === undefined ? host.toLowerCase() : `${host.toLowerCase()}:${Number(port)}`;
  }
  node.note('a DNS name, or one with a port, 1 to 65535');
  return undefined;
}

const hostAndPort = /^(?<host>[^:]{1,253}?)\.?(?::(?<port>\d{1,5}))?$/;
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/i;

/** A name whose last label is a number would be taken for an IPv4 address, and is none (RFC 1123, section 2.1). */
function isHostName(text: string): boolean {
  const labels = text.split('.');
  return isIP(text) === 0 && labels.every((each) => label.test(each)) && !/^\d+$/.test(labels.at(-1) ?? '');
}
