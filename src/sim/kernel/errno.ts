/**
 * Error numbers as BSD kernels return them. A kernel function returns one of these, 0 for success; it never throws
 * for a condition that the real kernel reports.
 */
export type Errno = number

export const OK: Errno = 0
export const EPERM: Errno = 1
export const ENOENT: Errno = 2
export const EINTR: Errno = 4
export const EIO: Errno = 5
export const ENXIO: Errno = 6
export const E2BIG: Errno = 7
export const EDEADLK: Errno = 11
export const ENOMEM: Errno = 12
export const EACCES: Errno = 13
export const EFAULT: Errno = 14
export const EBUSY: Errno = 16
export const EEXIST: Errno = 17
export const ENODEV: Errno = 19
export const EINVAL: Errno = 22
export const EFBIG: Errno = 27
export const ENOSPC: Errno = 28
export const EPIPE: Errno = 32
export const ERANGE: Errno = 34
export const EAGAIN: Errno = 35
export const EINPROGRESS: Errno = 36
export const EMSGSIZE: Errno = 40
export const EOPNOTSUPP: Errno = 45
export const ENOBUFS: Errno = 55
export const ETIMEDOUT: Errno = 60

/** Within the kernel only: the call is to be made once more, or has been. */
export const ERESTART: Errno = -1

/** EWOULDBLOCK and EAGAIN are one number in BSD. */
export const EWOULDBLOCK: Errno = EAGAIN

const names: ReadonlyMap<Errno, string> = new Map(
  Object.entries({
    OK,
    EPERM,
    ENOENT,
    EINTR,
    EIO,
    ENXIO,
    E2BIG,
    EDEADLK,
    ENOMEM,
    EACCES,
    EFAULT,
    EBUSY,
    EEXIST,
    ENODEV,
    EINVAL,
    EFBIG,
    ENOSPC,
    EPIPE,
    ERANGE,
    EAGAIN,
    EINPROGRESS,
    EMSGSIZE,
    EOPNOTSUPP,
    ENOBUFS,
    ETIMEDOUT,
    ERESTART,
  }).map(([name, value]) => [value, name]),
)

/** The symbolic name of an error number: `OK` for 0, `errno 99` for one without a name here. */
export function errnoName(error: Errno): string {
  return names.get(error) ?? `errno ${error}`
}
