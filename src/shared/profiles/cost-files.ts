/** The cost files that ship with the lab, as they stand in resources/costs, by name. */
export const COST_FILES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(
    import.meta.glob<unknown>('../../../resources/costs/*.json', { eager: true, import: 'default' }),
  ).map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), content]),
)

/** Their names, in alphabetical order. */
export const BUILTIN_COST_NAMES: readonly string[] = Object.keys(COST_FILES).sort()
