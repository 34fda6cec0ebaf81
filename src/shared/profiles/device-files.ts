/** The device files that ship with the lab, as they stand in resources/devices, by name. */
export const DEVICE_FILES: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(
    import.meta.glob<unknown>('../../../resources/devices/*.json', { eager: true, import: 'default' }),
  ).map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), content]),
)

/** Their names, in alphabetical order. */
export const BUILTIN_DEVICE_NAMES: readonly string[] = Object.keys(DEVICE_FILES).sort()
