import { Direction, type Event } from '../../src/gen/conduit/tap/v1/tap.js';
import { type EventFacts, TappedEvent } from '../../src/tap/tapped-event.js';

/** Events of a request, as viewers get them, without much in them. */
export function tapped(facts: Partial<EventFacts> & Pick<EventFacts, 'kind' | 'request'>): TappedEvent {
  const whole = { isOutbound: false, status: 0, sinceRequestMs: 0, headerNames: [], ...facts };
  const base = {
    request: BigInt(facts.request),
    pod: 'shop/web-1',
    direction: whole.isOutbound ? Direction.OUTBOUND : Direction.INBOUND,
    source: undefined,
    destination: undefined,
    routeLabels: new Map<string, string>(),
  };
  return new TappedEvent(whole, { ...base, event: eventOf(whole) });
}

function eventOf({ kind, status }: EventFacts): Event['event'] {
  switch (kind) {
    case 'request-init':
      return {
        $case: 'requestInit',
        value: { method: 'GET', scheme: 'http', authority: 'web', path: '/', headers: [] },
      };
    case 'response-init':
      return { $case: 'responseInit', value: { sinceRequestInit: undefined, status, headers: [] } };
    case 'request-end':
    case 'lost':
      return {
        $case: 'requestEnd',
        value: {
          sinceRequestInit: undefined,
          sinceResponseInit: undefined,
          responseBytes: 0n,
          end: kind === 'lost' ? { $case: 'lost', value: true } : undefined,
          trailers: [],
        },
      };
  }
}

/** The three events of a request that goes well. */
export function exchange(request: number, facts: Partial<EventFacts> = {}): readonly TappedEvent[] {
  const { status = 200, ...rest } = facts;
  return [
    tapped({ ...rest, kind: 'request-init', request, sinceRequestMs: 0 }),
    tapped({ ...rest, kind: 'response-init', request, status }),
    tapped({ ...rest, kind: 'request-end', request }),
  ];
}
