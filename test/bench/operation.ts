/** Something that is done over and over, and measured. */
export interface Operation {
  readonly name: string
  /** Does it `count` times in a loop of its own, so that one operation's types do not slow down another's loop. */
  run(count: number): void
}
