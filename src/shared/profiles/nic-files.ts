/** The adapter files that ship with the lab, as they stand in resources/nics, by name. */
export const NIC_FILES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(
    import.meta.glob<unknown>('../../../resources/nics/*.json', { eager: true, import: 'default' }),
  ).map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), content]),
)

/** Their names, in alphabetical order. */
export const BUILTIN_NIC_NAMES: readonly string[] = Object.keys(NIC_FILES).sort()
