/** The first Ctrl-C while it listens: noted, so that what is finished can be kept. The second one ends the program at once. */
export class Interrupt {
  private noted = false
  private listener: (() => void) | null = null
  private readonly note = (): void => {
    this.noted = true
    this.listener?.()
  }

  /** Listens from now on. */
  constructor() {
    process.once('SIGINT', this.note)
  }

  get happened(): boolean {
    return this.noted
  }

  onInterrupt(listener: () => void): void {
    this.listener = listener
    if (this.noted) listener()
  }

  /** Stops listening: Ctrl-C ends the program again. */
  end(): void {
    process.removeListener('SIGINT', this.note)
  }
}
