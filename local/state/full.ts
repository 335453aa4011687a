/** What a write meets when the disk is full (errno(3), ENOSPC); here when a fault says so. */
export const diskFull = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
