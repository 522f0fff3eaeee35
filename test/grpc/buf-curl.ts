import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const buf = 'node_modules/.bin/buf';
const transport = ['curl', '--http2-prior-knowledge', '--protocol', 'grpc'];

/** Runs `buf curl`, a gRPC client in Go, to its end; gives what it printed. */
export async function bufCurl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return await promisify(execFile)(buf, [...transport, ...args]).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ stdout, stderr }),
  );
}

/** Starts `buf curl` on a stream; gives the text printed so far. */
export function bufCurlStream(...args: string[]): () => string {
  const child = spawn(buf, [...transport, ...args]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  onTestFinished(() => {
    child.kill();
  });
  return () => output;
}
