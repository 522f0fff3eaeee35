/** Which way traffic goes, seen from the pod whose proxy reports. */
export type Direction = 'inbound' | 'outbound';

/** What is counted. */
export type Measure =
  | 'requests'
  | 'responses'
  | 'latency'
  | 'tcp-opens'
  | 'tcp-closes'
  | 'tcp-read-bytes'
  | 'tcp-written-bytes'
  | 'tcp-open-connections';

export type Tls = 'unknown' | 'none' | 'mutual';

/** How a response came out. */
export interface Outcome {
  /** 0 where there was no response. */
  readonly httpStatus: number;
  readonly grpcStatus: number | undefined;
  readonly isFailure: boolean;
}

/** What some numbers are about, in the words of the proxy. */
export interface SubjectFacts {
  readonly direction: Direction;
  /** Empty inbound. */
  readonly authority: string;
  /** The other end, in canonical text form; empty where the proxy has no room to tell. */
  readonly peerIp: string;
  readonly port: number;
  readonly tls: Tls;
  /** Empty for none. */
  readonly route: string;
}

/** A series as a proxy declares it. */
export interface Declaration {
  /** Of meaning in its call alone. */
  readonly id: number;
  readonly facts: SubjectFacts;
  readonly measure: Measure;
  readonly outcome: Outcome;
  /** When its numbers were zero, in milliseconds since 1970; 0: when the proxy's were. */
  readonly epochMs: number;
}

/** Of a proxy that begins to report. */
export interface Introduction {
  readonly namespace: string;
  readonly pod: string;
  readonly epochMs: number;
  /** Ascending; the bucket without a bound is not among them. */
  readonly boundsMs: readonly number[];
}

/** No outcome: what is counted of has none. */
export const noOutcome: Outcome = { httpStatus: 0, grpcStatus: undefined, isFailure: false };
