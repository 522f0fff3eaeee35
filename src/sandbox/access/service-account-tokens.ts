import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenVerdict } from '../api/review.js';
import { serviceAccounts } from '../controllers/kinds.js';
import { at, listAt, numberAt, textAt } from '../store/field.js';
import type { Store } from '../store/store.js';

export interface TokenOptions {
  readonly namespace: string;
  readonly name: string;
  /** Empty: the API server itself. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/** The audience of the API server, and of tokens that name none. */
const ownAudience = 'https://kubernetes.default.svc';

/**
 * Tokens of service accounts: JSON web tokens (RFC 7519), signed (HS256, RFC 7515) with a key that lives as long as this
 * object does. Nothing is kept of them. One is good until it expires or its service account is deleted.
 */
export class ServiceAccountTokens {
  readonly #store: Store;
  readonly #clock: () => Date;
  readonly #key = randomBytes(32);

  constructor({ store, clock = () => new Date() }: { readonly store: Store; readonly clock?: () => Date }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Undefined where there is no such service account. */
  issue(
    options: TokenOptions,
  ): { readonly token: string; readonly audiences: readonly string[]; readonly expiresAt: Date } | undefined {
    const { namespace, name } = options;
    const account = this.#store.get(serviceAccounts, namespace, name);
    if (account === undefined) return undefined;
    const audiences = options.audiences.length > 0 ? options.audiences : [ownAudience];
    const issuedAt = Math.floor(this.#clock().getTime() / 1_000);
    const expires = issuedAt + options.expirationSeconds;
    const claims = {
      iss: ownAudience,
      sub: userName(namespace, name),
      aud: audiences,
      iat: issuedAt,
      nbf: issuedAt,
      exp: expires,
      'kubernetes.io': { namespace, serviceaccount: { name, uid: account.metadata.uid ?? '' } },
    };
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    const token = `${content}.${this.#sign(content).toString('base64url')}`;
    return { token, audiences, expiresAt: new Date(expires * 1_000) };
  }

  /** Whose token it is; it must be for one of `audiences`, or for the API server itself where there are none. */
  review(token: string, audiences: readonly string[]): TokenVerdict {
    const claims = this.#claimsOf(token);
    if (claims === undefined) return rejected('the token is not one of this API server');
    if ((numberAt(claims, 'exp') ?? 0) * 1_000 <= this.#clock().getTime())
      return rejected('the token has expired');

    const account = at(claims, 'kubernetes.io', 'serviceaccount');
    const namespace = textAt(claims, 'kubernetes.io', 'namespace') ?? '';
    const name = textAt(account, 'name') ?? '';
    const uid = textAt(account, 'uid') ?? '';
    const present = this.#store.get(serviceAccounts, namespace, name);
    if (present?.metadata.uid !== uid) return rejected(`service account ${namespace}/${name} is gone`);

    const held = listAt(claims, 'aud').map(String);
    const wanted = audiences.length > 0 ? audiences : [ownAudience];
    const common = wanted.filter((one) => held.includes(one));
    if (common.length === 0) {
      return rejected(`the token is for ${held.join(', ')}, not for ${wanted.join(' or ')}`);
    }
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    return {
      authenticated: true,
      user: { username: userName(namespace, name), uid, groups },
      audiences: audiences.length > 0 ? common : [],
    };
  }

  /** What a token says, if it was signed here. */
  #claimsOf(token: string): unknown {
    const [header = '', claims = '', signature = '', ...rest] = token.split('.');
    if (rest.length > 0) return undefined;
    const given = Buffer.from(signature, 'base64url');
    const right = this.#sign(`${header}.${claims}`);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return JSON.parse(Buffer.from(claims, 'base64url').toString());
  }

  #sign(content: string): Buffer {
    return createHmac('sha256', this.#key).update(content).digest();
  }
}

/** The user that a service account is. */
function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function rejected(error: string): TokenVerdict {
  return { authenticated: false, error };
}
