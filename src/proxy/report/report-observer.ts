import {
  type ConnectionObserver,
  type ConnectionOpened,
  noConnectionObserver,
  type Observer,
  type RequestEnd,
  type RequestObserver,
  type RequestStart,
} from '../metrics/observer.js';
import type { ReportBook } from './report-book.js';
import type { CountSeries, Subject } from './subject.js';

/** The name that a profile's routes have among their labels. */
const routeLabel = 'route';

interface OpenConnection {
  readonly subject: Subject;
  readonly bytes: ConnectionOpened['bytes'];
  read: number;
  written: number;
}

/** Enters into a book what traffic comes to pass, by the same rules that the proxy's metrics go by. */
export class ReportObserver implements Observer {
  readonly #book: ReportBook;
  readonly #connections = new Set<OpenConnection>();

  constructor(book: ReportBook) {
    this.#book = book;
  }

  request({ direction, target, client, routeLabels }: RequestStart): RequestObserver {
    const subject = this.#book.subject({
      direction,
      authority: target.authority ?? '',
      peer: direction === 'inbound' ? client.ip : target.ip,
      port: target.port,
      route: routeLabels.get(routeLabel) ?? '',
    });
    return new ReportedRequest(this.#book, subject);
  }

  /** Such requests were for nobody, so there is no series for them. */
  refused(): void {}

  /** Connections with the proxy's own application are the other end of these, and told by the proxy there. */
  connection({ direction, peer, target, remoteIp, bytes }: ConnectionOpened): ConnectionObserver {
    if (peer !== (direction === 'inbound' ? 'src' : 'dst')) return noConnectionObserver;
    const book = this.#book;
    const subject = book.subject({
      direction,
      authority: target?.authority ?? '',
      peer: direction === 'inbound' ? remoteIp : (target?.ip ?? remoteIp),
      port: target?.port ?? 0,
      route: '',
    });
    const connection = { subject, bytes, read: 0, written: 0 };
    this.#connections.add(connection);
    subject.pending += 1;
    const open: CountSeries = book.count(subject, 'tcp-open-connections');
    book.add(book.count(subject, 'tcp-opens'), 1);
    book.add(open, 1);
    return {
      closed: () => {
        this.#connections.delete(connection);
        this.#bringUpToDate(connection);
        subject.pending -= 1;
        book.add(book.count(subject, 'tcp-closes'), 1);
        book.add(open, -1);
      },
    };
  }

  /** Enters the bytes that open connections have carried; to be called before a report is made. */
  update(): void {
    for (const connection of this.#connections) this.#bringUpToDate(connection);
  }

  #bringUpToDate(connection: OpenConnection): void {
    const { subject, bytes } = connection;
    const { read, written } = bytes();
    const book = this.#book;
    if (read > connection.read) book.add(book.count(subject, 'tcp-read-bytes'), read - connection.read);
    if (written > connection.written) {
      book.add(book.count(subject, 'tcp-written-bytes'), written - connection.written);
    }
    connection.read = read;
    connection.written = written;
  }
}

class ReportedRequest implements RequestObserver {
  readonly #book: ReportBook;
  readonly #subject: Subject;

  constructor(book: ReportBook, subject: Subject) {
    this.#book = book;
    this.#subject = subject;
    subject.pending += 1;
    book.add(book.count(subject, 'requests'), 1);
  }

  responded(): void {}

  ended({ classification, status, grpcStatus, sinceRequestMs }: RequestEnd): void {
    const book = this.#book;
    const subject = this.#subject;
    subject.pending -= 1;
    if (classification === undefined) return;
    const outcome = { status: status ?? 0, grpcStatus, isFailure: classification === 'failure' };
    book.add(book.count(subject, 'responses', outcome), 1);
    if (status !== undefined) book.observe(book.latency(subject, status), sinceRequestMs);
  }
}
