/** How the objects that a mesh is described by are called in its cluster. */
export interface Vocabulary {
  /** The kind of the objects that declare the backends of services. */
  readonly backendsKind: 'EndpointSlice' | 'Endpoints';
  /** The domain of the mesh's labels and annotations: `conduit.io`. */
  readonly meshDomain: string;
}
