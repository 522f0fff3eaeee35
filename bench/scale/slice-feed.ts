import { pino } from 'pino';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { ObjectIngest } from '../../src/kube/object-ingest.js';
import { endpointSlices } from '../../src/kube/resources.js';
import type { BackendsRow } from '../../src/mesh/rows.js';

/** Makes rows of EndpointSlices the way a reflector does: out of JSON, sharing with the row before what stays. */
export class SliceFeed {
  readonly #ingest: ObjectIngest<BackendsRow>;
  readonly #rows = new Map<string, BackendsRow>();
  #row: BackendsRow | undefined;

  constructor() {
    this.#ingest = new ObjectIngest({
      resource: endpointSlices(meshLabels('conduit.io')),
      sink: {
        size: 0,
        get: (key) => this.#rows.get(key),
        apply: (key, row) => {
          this.#rows.set(key, row);
          this.#row = row;
        },
        delete: () => undefined,
        beginReset: () => {
          throw new Error('nothing is listed here');
        },
      },
      log: pino({ level: 'silent' }),
    });
  }

  /** The row of a slice that the API server tells of as `json`. */
  row(json: string): BackendsRow {
    this.#row = undefined;
    this.#ingest.apply(JSON.parse(json));
    if (this.#row === undefined) throw new Error(`no row in ${json.slice(0, 100)}`);
    return this.#row;
  }
}

/** The slice that this row is of, as far as rows tell. */
export function sliceJson({ id, namespace, service, groups }: BackendsRow): string {
  const [group] = groups;
  if (group === undefined || groups.length > 1) throw new Error(`${id} is of no slice`);
  return JSON.stringify({
    metadata: {
      name: nameIn(id),
      namespace,
      labels: { 'kubernetes.io/service-name': nameIn(service) },
    },
    addressType: 'IPv4',
    ports: group.ports,
    endpoints: group.backends.map(({ ip, ready, target, zone }) => ({
      addresses: [ip],
      conditions: { ready },
      targetRef: target.kind === 'Pod' && {
        kind: target.kind,
        namespace,
        name: nameIn(target.id),
        uid: target.uid,
      },
      zone,
    })),
  });
}

/** Of `namespace/name`. */
function nameIn(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}
