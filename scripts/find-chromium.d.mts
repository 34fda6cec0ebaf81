type Environment = Readonly<Record<string, string | undefined>>
export declare function chromiumCandidates(
  env: Environment,
  platform: NodeJS.Platform,
  bundled?: string,
): string[]
export declare function findChromium(env?: Environment): Promise<string | null>
