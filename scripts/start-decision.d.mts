export type Decision =
  | { readonly kind: 'electron'; readonly path: string }
  | { readonly kind: 'browser'; readonly reason: string }
  | { readonly kind: 'try-download' }
export interface Seen {
  readonly platform: NodeJS.Platform
  readonly isRoot: boolean
  readonly hasDisplay: boolean
  readonly electronPath: string | null
  readonly downloadWanted: boolean
}
export declare function decideStart(seen: Seen): Decision
export declare function earlyEnd(ended: {
  readonly code: number | null
  readonly signal: string | null
  readonly afterMs: number
}): string | null
export declare function fallbackLine(reason: string): string
