import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestProblem, ManifestSource } from './manifest.js';
import { parseDocuments } from './document.js';
import { type Fields, isFields, textAt } from '../store/field.js';

/** Something that is to be an object, as it was read. */
export interface ReadValue {
  readonly value: unknown;
  readonly source: ManifestSource;
}

export interface ReadResult {
  readonly values: readonly ReadValue[];
  readonly problems: readonly ManifestProblem[];
}

/** Reads a file, or the files of a folder that end in .yaml, .yml or .json, in the order of their names. */
export async function readManifestPath(path: string): Promise<ReadResult> {
  try {
    if (!(await stat(path)).isDirectory()) return parseFile(path, await readFile(path, 'utf8'));
    const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
    if (names.length === 0) return refusal(path, 'the folder has no file that ends in .yaml, .yml or .json');
    const files = await Promise.all(names.map((name) => readManifestFile(join(path, name))));
    return {
      values: files.flatMap(({ values }) => values),
      problems: files.flatMap(({ problems }) => problems),
    };
  } catch (error) {
    return refusal(path, readError(error));
  }
}

async function readManifestFile(file: string): Promise<ReadResult> {
  try {
    return parseFile(file, await readFile(file, 'utf8'));
  } catch (error) {
    return refusal(file, readError(error));
  }
}

function parseFile(file: string, text: string): ReadResult {
  const values: ReadValue[] = [];
  const problems: ManifestProblem[] = [];
  for (const { number, content, lineOf } of parseDocuments(text)) {
    if (content.kind === 'value') values.push(...expanded(content.value, { file, document: number, lineOf }));
    else problems.push(...content.problems.map((problem) => ({ file, document: number, ...problem })));
  }
  return { values, problems };
}

/** The objects that a List holds, one by one; anything else as it is. */
function expanded(value: unknown, source: ManifestSource): readonly ReadValue[] {
  if (!isFields(value) || !Array.isArray(value['items'])) return [{ value, source }];
  const kind = textAt(value, 'kind') ?? '';
  if (!kind.endsWith('List')) return [{ value, source }];
  return value['items'].flatMap((item: unknown, index) => {
    const lineOf = (field: string): number =>
      source.lineOf(field === '' ? `items[${index}]` : `items[${index}].${field}`);
    return expanded(isFields(item) ? typed(item, value, kind) : item, { ...source, lineOf });
  });
}

/** The items of, say, a PodList need not say that they are Pods. */
function typed(item: Fields, list: Fields, listKind: string): Fields {
  return listKind === 'List'
    ? item
    : { apiVersion: list['apiVersion'], kind: listKind.slice(0, -4), ...item };
}

function refusal(file: string, message: string): ReadResult {
  return { values: [], problems: [{ file, message }] };
}

function readError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file or folder';
    case 'EACCES':
      return 'no permission to read it';
    default:
      return error instanceof Error ? `can't be read: ${error.message}` : `can't be read: ${String(error)}`;
  }
}
