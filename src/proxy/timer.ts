export interface Timer {
  cancel(): void;
}

/**
 * Calls back when something hasn't happened in time. Where this process itself was held up, what has come in the meantime
 * is looked at first: Node runs timers that are due before it reads from sockets.
 */
export function startTimer(ms: number, onLate: () => void): Timer {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(onLate);
  }, ms);
  return {
    cancel() {
      clearTimeout(timer);
      if (immediate !== undefined) clearImmediate(immediate);
    },
  };
}
