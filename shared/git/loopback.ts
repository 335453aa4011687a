import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * Name lookup for sockets: `localhost` and everything below it is the loopback address, as RFC 6761 section 6.3 asks of
 * resolvers; Node leaves it to the system's, and not every one does. All other names go the usual way.
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  if (!/^(?:.+\.)?localhost\.?$/i.test(hostname)) return systemLookup(hostname, options, callback)
  const loopback = { address: '127.0.0.1', family: 4 }
  process.nextTick(() => {
    if (options.all) callback(null, [loopback])
    else callback(null, loopback.address, loopback.family)
  })
}
