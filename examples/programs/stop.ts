import process from 'node:process';

/** What is to be finished before the program ends, last come first. */
const finishers: (() => Promise<void>)[] = [];

/** How long that may take, within the 30 s that Kubernetes gives. */
const deadlineMs = 10_000;

/** On SIGTERM or SIGINT `finish` is called: no new work is taken, and the promise resolves when what was begun is done. */
export function onStop(finish: () => Promise<void>): void {
  finishers.unshift(finish);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    console.log(`${signal}: finishing`);
    setTimeout(() => process.exit(1), deadlineMs).unref();
    Promise.all(finishers.map((finish) => finish())).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
