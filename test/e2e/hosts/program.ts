import type { ChildProcess } from 'node:child_process'

/** What a child process has printed so far, for messages of failed tests. */
export function collectOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return () => text
}

/**
 * Waits until a child prints what `pattern` matches.
 * @returns the pattern's first group
 * @throws Error with everything it printed when it ends first, or takes longer than `limitMs`
 */
export async function printed(
  child: ChildProcess,
  output: () => string,
  pattern: RegExp,
  limitMs = 20_000,
): Promise<string> {
  const end = Date.now() + limitMs
  for (;;) {
    const found = pattern.exec(output())?.[1]
    if (found !== undefined) return found
    if (child.exitCode !== null || Date.now() > end)
      throw new Error(`${pattern.source} was not printed:\n${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await ended
  clearTimeout(timer)
}
