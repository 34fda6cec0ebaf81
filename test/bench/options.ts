/** A whole number from 1 on. @throws Error that names the option */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} wants a whole number from 1 on, not "${text}"`)
  return value
}

/** A comma-separated list of known names. @throws Error that names the option */
export function oneOf<T extends string>(option: string, known: readonly T[], text: string): T[] {
  return text.split(',').map((name) => {
    const found = known.find((each) => each === name)
    if (found === undefined) throw new Error(`${option} knows ${known.join(', ')}, not "${name}"`)
    return found
  })
}
