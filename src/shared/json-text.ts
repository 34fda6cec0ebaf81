import { FailureError } from './ipc/failure.ts'

/** JSON that a person may have edited: what is wrong with it, and where. */

/** `machines[0].cpus` from a path of keys and indices. */
export function formatPlace(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  )
}

/** Offset that the engine names in its error; -1 for success or an error without a place. */
function namedOffset(text: string): number {
  try {
    JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (/end of JSON/.test(message)) return text.length
    const position = /position (\d+)/.exec(message)?.[1]
    return position === undefined ? -1 : Number(position)
  }
  return text.length
}

/**
 * Where JSON text stops making sense. V8 does not say for an unexpected token; then it is the end of the longest
 * beginning that could still go on, found by halving.
 */
function jsonErrorOffset(text: string): number {
  const named = namedOffset(text)
  if (named >= 0) return named
  let good = 0
  for (let bad = text.length; bad - good > 1;) {
    const middle = (good + bad) >> 1
    if (namedOffset(text.slice(0, middle)) === middle) good = middle
    else bad = middle
  }
  return good
}

/** Line and column, from 1. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset)
  return `line ${before.split('\n').length}, column ${offset - before.lastIndexOf('\n')}`
}

/**
 * The value of JSON text.
 * @throws FailureError `bad-project` naming the file, the line and the column
 */
export function parseJsonText(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new FailureError({
      code: 'bad-project',
      place: `${fileName}, ${placeOf(text, jsonErrorOffset(text))}`,
      message: 'is not complete, valid JSON',
      remedy:
        'The file may be cut short or edited by hand; restore it from a backup or mend the named place.',
    })
  }
}
