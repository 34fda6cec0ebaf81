type Environment = Readonly<Record<string, string | undefined>>
export declare function findElectron(
  root: string,
  env?: Environment,
  platform?: NodeJS.Platform,
): string | null
export declare function electronArchiveUrl(
  root: string,
  env?: Environment,
  platform?: NodeJS.Platform,
  arch?: string,
): string
export declare function answers(url: string, limitMs: number): Promise<boolean>
