/** A scenario that cannot be run as it is: which field, why, and what to do. */
export class ScenarioError extends Error {
  /** `machine.cacheMiB` */
  readonly place: string
  readonly remedy: string

  constructor(place: string, message: string, remedy: string) {
    super(message)
    this.name = 'ScenarioError'
    this.place = place
    this.remedy = remedy
  }
}
