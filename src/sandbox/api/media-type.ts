/** What a client wants to see of an object. */
export type Representation =
  | { readonly kind: 'whole' }
  /** meta/v1 PartialObjectMetadata. */
  | { readonly kind: 'metadata' }
  /** meta/v1 Table. Each row carries as much of its object as `includeObject` says. */
  | { readonly kind: 'table'; readonly includeObject: 'None' | 'Metadata' | 'Object' };

export interface MediaType {
  /** `application/json`, in lower case. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The media types of an Accept or Content-Type header, in the order given. */
export function parseMediaTypes(header: string): readonly MediaType[] {
  return header.split(',').map((text) => {
    const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
    return {
      name: name.toLowerCase(),
      parameters: new Map(
        parameters.map((parameter) => {
          const [key = '', value = ''] = parameter.split('=', 2);
          return [key.trim().toLowerCase(), value.trim().replaceAll('"', '')] as const;
        }),
      ),
    };
  });
}

export interface Negotiated {
  readonly representation: Representation;
  readonly format: 'json' | 'yaml';
}

/**
 * The first form in an Accept header that the server has; undefined where it has none. No header, or an empty one, asks
 * for the whole object in JSON. Order counts and quality values don't, as in Kubernetes.
 */
export function negotiate(
  accept: string | undefined,
  options: { readonly includeObject?: string | null } = {},
): Negotiated | undefined {
  if (accept === undefined || accept.trim() === '') {
    return { representation: { kind: 'whole' }, format: 'json' };
  }
  for (const type of parseMediaTypes(accept)) {
    const format = formatOf(type.name);
    const representation = representationOf(type, options.includeObject ?? 'Metadata');
    if (format && representation) return { representation, format };
  }
  return undefined;
}

function formatOf(name: string): Negotiated['format'] | undefined {
  if (name === 'application/yaml') return 'yaml';
  return name === 'application/json' || name === 'application/*' || name === '*/*' ? 'json' : undefined;
}

function representationOf({ parameters }: MediaType, includeObject: string): Representation | undefined {
  const as = parameters.get('as');
  if (as === undefined) return { kind: 'whole' };
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  switch (as) {
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return { kind: 'metadata' };
    case 'Table':
      return {
        kind: 'table',
        includeObject: includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata',
      };
    default:
      return undefined;
  }
}
