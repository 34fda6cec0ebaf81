export declare const ROOT: string
export declare function isStale(root: string): boolean
export declare function ensureBuilt(root?: string): boolean
