import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { ObjectIngest } from '../../src/kube/object-ingest.js';
import type { Resource } from '../../src/kube/resource.js';
import {
  endpointSlices,
  externalWorkloads,
  nodes,
  pods,
  servers,
  serviceProfiles,
  services,
} from '../../src/kube/resources.js';
import type { Sink } from '../../src/kube/sink.js';
import type { RawObject } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import type { testMesh } from '../kit/mesh.js';

/**
 * Raw Kubernetes objects into the tables of a mesh, as its reflectors would put them there: decoded for the mesh domain
 * `conduit.io`, and published at the end of each call.
 */
export function kubeMesh(mesh: ReturnType<typeof testMesh>) {
  const { log, lines } = recordingLog();
  const labels = meshLabels('conduit.io');
  const { tables } = mesh;
  const ingest = <Row>(resource: Resource<Row>, sink: Sink<Row>) => ({
    kind: resource.kind,
    ingest: new ObjectIngest({ resource, sink, log }),
  });
  const ingests = [
    ingest(services(labels), tables.services),
    ingest(endpointSlices(labels), tables.backends),
    ingest(pods(labels), tables.pods),
    ingest(nodes(), tables.nodes),
    ingest(serviceProfiles(), tables.serviceProfiles),
    ingest(servers(), tables.servers),
    ingest(externalWorkloads(labels), tables.externalWorkloads),
  ];
  const of = ({ kind }: Pick<RawObject, 'kind'>) => {
    const found = ingests.find((each) => each.kind === kind);
    if (found === undefined) throw new Error(`${kind} is not watched`);
    return found.ingest;
  };
  return {
    /** Warnings so far. */
    lines,
    apply(...objects: readonly RawObject[]): void {
      for (const object of objects) of(object).apply(object);
      mesh.engine.flush();
    },
    delete(...objects: readonly RawObject[]): void {
      for (const object of objects) of(object).delete(object);
      mesh.engine.flush();
    },
    /** A list done anew, of one kind. */
    relist(kind: string, objects: readonly RawObject[]): void {
      const replacement = of({ kind }).replacement();
      for (const object of objects) replacement.add(object);
      replacement.commit();
      mesh.engine.flush();
    },
  };
}
