/** The page's types have no Node; the test that reads a style sheet needs this much of it. */
declare module 'node:fs' {
  export function readFileSync(path: string, encoding: 'utf8'): string
}
